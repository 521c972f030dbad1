import type { RefineOptions } from '@saltworks/contract/options';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import { interpolateLinear } from '../../../src/image/interpolate.ts';
import type { NodeScores } from '../../../src/nodes/scores.ts';
import { type FastRefineOptions, openRefiner } from '../../../src/refine/fast/refine.ts';
import { type HeldPixels, heldPixels } from '../../../src/refine/held.ts';
import { refine } from '../../../src/refine/refine.ts';
import { rasterise } from '../../../src/seeds/seeds.ts';
import { agreement, random } from '../../golden.ts';

const [width, height, h, w] = [150, 110, 14, 19];

function photograph(): RgbImage {
  const next = random(5);
  const coarse = Float32Array.from({ length: 3 * 8 * 11 }, () => 255 * next());
  const smooth = interpolateLinear(coarse, 8, 11, 3, height, width);
  return { data: Uint8Array.from(smooth, (value) => Math.min(value + 10 * next(), 255)), width, height };
}

/** @param gaps nodes without scores */
function scores(c: number, gaps = false): NodeScores {
  const next = random(c);
  const centres = Array.from({ length: c }, () => [next() * w, next() * h]);
  const data = new Float32Array(h * w * c);
  for (let i = 0; i < h * w; i++) {
    if (gaps && i % 13 === 0) continue;
    const near = centres.map(([x, y]) => Math.exp((-4 * c * (((i % w) - x) ** 2 + (i / w - y) ** 2)) / (h * w)) + 1e-9);
    const sum = near.reduce((total, value) => total + value);
    data.set(
      near.map((value) => value / sum),
      i * c,
    );
  }
  return { data, h, w, labels: Array.from({ length: c }, (_, k) => 3 * k) };
}

const paper: RefineOptions = {
  refine: 'crf',
  unary: 'hard',
  hidden: 0.2,
  seed: 4,
  colourLikelihood: 0,
  crf: { gaussian: { xy: 3, weight: 3 }, bilateral: { xy: 80, rgb: 13, weight: 10 }, steps: 5 },
};
const best: RefineOptions = {
  ...paper,
  unary: 'soft',
  colourLikelihood: 0.2,
  crf: { gaussian: { xy: 2, weight: 1 }, bilateral: { xy: 20, rgb: 6, weight: 3 }, steps: 5, scale: 0.5 },
  guided: { radius: 8, epsilon: 1e-3 },
  majority: 2,
  leastPart: 0.005,
};
const image = photograph();
const owners = (nodes: NodeScores, options: FastRefineOptions, held?: HeldPixels) =>
  openRefiner(new Arena(), image, options).refine(nodes, held).ids;

/** Thin strokes across the image, a segment each; one segment has no node. */
function strokes(c: number): HeldPixels {
  const next = random(c + 1);
  const drawn = Array.from({ length: c + 1 }, (_, s) => ({
    segment: s < c ? 3 * s : 999,
    points: Array.from({ length: 2 }, (): [number, number] => [next() * (width - 1), next() * (height - 1)]),
    radius: s % 3,
  }));
  return heldPixels(rasterise({ image, segments: [], strokes: drawn }), { strokes: 'hold' })!;
}

describe('owners equal the twin’s', () => {
  test.each([
    ['paper', paper],
    ['best', best],
    ['best at full size', { ...best, crf: { ...best.crf, scale: 1 } }],
    ['best without a guide', { ...best, guided: undefined }],
    ['best with every part', { ...best, leastPart: 0 }],
    ['best with frayed outlines', { ...best, majority: 0 }],
    ['best without colour', { ...best, colourLikelihood: 0 }],
    ['soft, no CRF', { ...best, refine: 'none' }],
    ['soft, no CRF, no colour', { ...best, colourLikelihood: 0, refine: 'none' }],
    ['hard, no CRF', { ...paper, refine: 'none' }],
    ['no steps', { ...best, crf: { ...best.crf, steps: 0 } }],
  ] as [string, RefineOptions][])('%s', (_, options) => {
    for (const c of [2, 3, 5, 6, 9, 13]) {
      for (const nodes of [scores(c), scores(c, true)]) {
        const [ours, theirs] = [owners(nodes, options), refine(image, nodes, options).ids];
        expect(agreement(ours, theirs)).toBeGreaterThanOrEqual(0.999);
      }
    }
  });
});

describe('held pixels have their owners, and all others the twin’s', () => {
  test.each([
    ['best', best],
    ['paper', paper],
    ['at half the size', { ...best, scale: 0.5 }],
    ['soft, no CRF', { ...best, refine: 'none' }],
    ['hard, no CRF', { ...paper, refine: 'none' }],
  ] as [string, FastRefineOptions][])('%s', (_, options) => {
    for (const c of [2, 5, 12]) {
      const held = strokes(c);
      const ours = owners(scores(c), options, held);
      expect([...held.pixels].filter((pixel, i) => ours[pixel] !== held.ids[i])).toEqual([]);
      if (options.scale) continue;
      expect(agreement(ours, refine(image, scores(c), options, { held }).ids)).toBeGreaterThanOrEqual(0.999);
    }
  });

  test('held pixels win over pixels that look like them', () => {
    const bare = owners(scores(2), best);
    const held = owners(scores(2), best, strokes(2));
    const under = new Set(strokes(2).pixels);
    expect(held.some((id, pixel) => !under.has(pixel) && id !== bare[pixel])).toBe(true);
  });
});

test('a used refiner gives the same as a fresh one', () => {
  const refiner = openRefiner(new Arena(), image, best);
  for (const c of [5, 2, 14, 7, 5, 14]) expect(refiner.refine(scores(c)).ids).toEqual(owners(scores(c), best));
});

test('at half the size the mask is nearly the same', () => {
  for (const c of [2, 5, 12]) {
    const ours = owners(scores(c), { ...best, scale: 0.5 });
    expect(ours).toHaveLength(width * height);
    expect(agreement(ours, owners(scores(c), best))).toBeGreaterThan(0.95);
  }
});
