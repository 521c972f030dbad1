import { describe, expect, test } from 'vitest';
import { openFast } from '../../src/fast/solver.ts';
import { judgeStrokes, likeAccepted, likeKnown } from '../../src/judge/judge.ts';
import type { Mask } from '../../src/mask/mask.ts';
import { presets } from '../../src/options.ts';
import { openPlain } from '../../src/solver.ts';

/** A mask as text: a digit a pixel. */
const mask = (...rows: string[]): Mask => ({
  ids: Uint32Array.from(rows.join(''), Number),
  ...{ width: rows[0].length, height: rows.length },
});

const known = (of: Mask, names: Record<number, string>) => ({
  mask: of,
  segments: Object.keys(names).map((id) => ({ id: Number(id), category_id: Number(id) })),
  categories: Object.entries(names).map(([id, name]) => ({ id: Number(id), name })),
});

describe('likeness to a known mask', () => {
  const found = mask('1100', '1100');
  const names = { classes: ['cat', 'dog'], listed: ['cat', 'dog'] };

  test('goes by categories, where they have names in common', () => {
    const truth = known(mask('2220', '2220'), { 2: 'cat' });
    expect(likeKnown(found, new Map([[1, 'cat']]), truth, names)).toBeCloseTo(4 / 6);
    // Of the wrong category, though its place is right.
    expect(likeKnown(found, new Map([[1, 'dog']]), truth, names)).toBe(0);
  });

  test('goes by the best match where strokes have no names', () => {
    const truth = known(mask('2220', '2220'), { 2: 'region' });
    const unnamed = new Map([[1, 'unnamed']]);
    expect(likeKnown(found, unnamed, truth, { classes: ['region'], listed: ['region'] })).toBeCloseTo(4 / 6);
  });
});

test('likeness to an accepted mask goes by ids, the background among them', () => {
  expect(likeAccepted(mask('1100'), mask('1110'))).toBeCloseTo((2 / 3 + 1 / 2) / 2);
});

describe('strokes held out', () => {
  const [width, height] = [64, 48];
  /** Left half dark, right half light; keys tell them apart. */
  const image = {
    ...{ width, height },
    data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (Math.floor(i / 3) % width < 32 ? 40 : 210)),
  };
  const [h, w, d] = [6, 8, 3];
  const keys = {
    ...{ h, w, d },
    data: Float32Array.from({ length: h * w * d }, (_, i) => {
      const [x, dimension] = [Math.floor(i / d) % w, i % d];
      return [x < 4 ? 1 : -1, 0.5, 0.01 * x][dimension];
    }),
  };
  const owner = new Uint8Array(width * height);
  const paint = (stroke: number, x0: number, y0: number) => {
    for (let y = y0; y < y0 + 4; y++) owner.fill(stroke, y * width + x0, y * width + x0 + 16);
  };
  paint(1, 4, 4);
  paint(2, 4, 36);
  paint(3, 40, 4);
  paint(4, 40, 36);
  const raster = { width, height, owner, segments: [1, 1, 0, 0] };

  test.each(['best', 'paper'] as const)('are predicted where keys tell the labels apart, by %s', (name) => {
    const options = presets[name];
    const found = judgeStrokes(openFast(image, keys, options), keys, raster, options);
    expect(found).toEqual({ strokes: 4, pixels: 1, labels: 1 });
    expect(judgeStrokes(openPlain(image, keys, options), keys, raster, options)).toEqual(found);
  });

  test('are not where a stroke lies on the wrong side', () => {
    const wrong = { ...raster, segments: [1, 0, 0, 0] };
    const found = judgeStrokes(openFast(image, keys, presets.best), keys, wrong, presets.best);
    expect(found?.labels).toBeLessThan(1);
  });

  test('nothing is judged where nothing can be held out', () => {
    const dots = { width, height, owner: new Uint8Array(width * height), segments: [1, 0] };
    dots.owner[0] = 1;
    dots.owner[width - 1] = 2;
    expect(judgeStrokes(openFast(image, keys, presets.best), keys, dots, presets.best)).toBeUndefined();
  });
});
