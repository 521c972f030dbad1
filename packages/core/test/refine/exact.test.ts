/** Exact strokes and locks, from strokes to masks: through every preset, the plain solver and the fast one. */
import { encodeRegion } from '@saltworks/contract/documents/run-lengths';
import type { Lock, Segment, Stroke } from '@saltworks/contract/documents/scribbles';
import type { SegmentOptions } from '@saltworks/contract/options';
import { describe, expect, test } from 'vitest';
import { type Annotation, consensus } from '../../src/crowd/consensus.ts';
import { openFast } from '../../src/fast/solver.ts';
import { panopticDocument } from '../../src/formats/panoptic.ts';
import { attributeNode } from '../../src/help/attribution.ts';
import { judgeStrokes } from '../../src/judge/judge.ts';
import { presets } from '../../src/options.ts';
import { visitStroke } from '../../src/seeds/paint.ts';
import { rasterise } from '../../src/seeds/seeds.ts';
import { segment } from '../../src/segment.ts';
import { type OpenSolver, openPlain } from '../../src/solver.ts';
import { random } from '../golden.ts';
import { randomStrokes } from '../seeds/random-strokes.ts';

const image = { width: 60, height: 44, data: new Uint8Array(3 * 60 * 44) };
const noise = random(11);
image.data.forEach((_, i) => {
  image.data[i] = (Math.floor(i / 3) % 60 < 27 ? 50 : 190) + 20 * noise();
});
const keys = {
  ...{ h: 6, w: 8, d: 3 },
  data: Float32Array.from({ length: 6 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 1 : 0) + noise() + (i % 3)),
};
const line = (segment: number, ...points: [number, number][]): Stroke => ({ segment, points, radius: 1.5 });
const base = [line(0, [5, 5], [8, 38]), line(1, [40, 8], [50, 12]), line(2, [38, 36], [52, 34])];
const still = { exact: true, spread: false };

const maskOf = (
  strokes: Stroke[],
  options: SegmentOptions = presets.best,
  locks: Lock[] = [],
  open: OpenSolver = openFast,
) => segment(image, keys, rasterise({ image, segments: [], strokes, locks }), options, open).mask.ids;

const settings: [string, SegmentOptions][] = [
  ['best', presets.best],
  ['best, tolerating', { ...presets.best, strokes: 'tolerate' }],
  ['paper', presets.paper],
  ['no CRF, hard', { ...presets.paper, refine: 'none', unary: 'hard' }],
];

describe.each(settings)('%s', (_, options) => {
  test.each([1, 2, 3, 4])(
    'exact pixels have their labels, and where nothing spreads no other changes: seed %i',
    (seed) => {
      const next = random(seed);
      const drawn = [...base, ...randomStrokes(next, image, 3)];
      const added = randomStrokes(next, image, 4).map((stroke) => ({ ...stroke, ...still }));
      for (const open of [openFast, openPlain]) {
        const before = maskOf(drawn, options, [], open);
        const { exact } = rasterise({ image, segments: [], strokes: [...drawn, ...added] });
        const { exact: earlier } = rasterise({ image, segments: [], strokes: drawn });
        const expected = before.slice();
        earlier?.pixels.forEach((pixel, i) => {
          expect(before[pixel]).toBe(earlier.ids[i]);
        });
        exact!.pixels.forEach((pixel, i) => {
          expected[pixel] = exact!.ids[i];
        });
        expect(maskOf([...drawn, ...added], options, [], open)).toEqual(expected);
      }
    },
  );

  test('an exact stroke that spreads keeps its pixels and teaches the others', () => {
    const wrong: Stroke = { ...line(2, [12, 20], [20, 24]), exact: true };
    const { exact } = rasterise({ image, segments: [], strokes: [...base, wrong] });
    const ids = maskOf([...base, wrong], options);
    expect(Array.from(exact!.pixels, (pixel) => ids[pixel])).toEqual(Array.from(exact!.ids));
    const count = (mask: Uint32Array) => mask.filter((id) => id === 2).length;
    expect(count(ids)).toBeGreaterThan(count(maskOf([...base, { ...wrong, spread: false }], options)) + 20);
  });

  test('a stroke over an image whose every pixel is given changes its own pixels alone', () => {
    const given = maskOf(base, options);
    const regions = [0, 1, 2].map(
      (segment): Stroke => ({
        ...{ segment, points: [], radius: 0, region: encodeRegion(given, segment), exact: true, origin: 'predicted' },
      }),
    );
    const over = line(2, [5, 20], [20, 24]);
    const under = new Set<number>();
    visitStroke(over, image, (y, left, right) => {
      for (let x = left; x <= right; x++) under.add(y * image.width + x);
    });
    for (const open of [openFast, openPlain]) {
      expect(maskOf(regions, options, [], open)).toEqual(given);
      const after = maskOf([...regions, over], options, [], open);
      for (const [pixel, id] of given.entries()) {
        if (!under.has(pixel)) expect([pixel, after[pixel]]).toEqual([pixel, id]);
        else if (options.strokes === 'hold') expect(after[pixel]).toBe(2);
      }
    }
  });

  test('a lock changes nothing, and holds its pixels against any stroke', () => {
    const before = maskOf(base, options);
    const locks = [1, 0].map((segment) => ({ segment, region: encodeRegion(before, segment) }));
    expect(maskOf(base, options, locks)).toEqual(before);
    const over = [...base, line(2, [0, 10], [59, 11]), { ...line(3, [3, 3], [56, 40]), exact: true }];
    const after = maskOf(over, options, locks);
    before.forEach((id, pixel) => {
      if (id !== 2) expect(after[pixel]).toBe(id);
    });
    expect(maskOf(over, options)).not.toEqual(after);
  });
});

test('a drawing that only labels its own pixels is background elsewhere', () => {
  const polygon: Stroke = {
    segment: 7,
    points: [
      [10, 10],
      [30, 10],
      [30, 30],
    ],
    radius: 0,
    polygon: true,
    ...still,
  };
  const raster = rasterise({ image, segments: [], strokes: [polygon] });
  const found = segment(image, keys, raster, presets.best);
  const inside = new Set(raster.exact!.pixels);
  expect(inside.size).toBe(231);
  expect(found.mask.ids).toEqual(Uint32Array.from(found.mask.ids, (_, i) => (inside.has(i) ? 7 : 0)));
  const segments: Segment[] = [{ id: 7, category: 'kite', isthing: true }];
  const { segments_info, uncertainty, warnings } = panopticDocument(found, segments, {
    image: '',
    sha256: '',
    mask: '',
  });
  expect({ segments_info, uncertainty, warnings }).toMatchObject({
    ...{ segments_info: [{ id: 7, area: 231, bbox: [10, 10, 21, 21] }], uncertainty: 0, warnings: [] },
  });
  expect(attributeNode(openFast(image, keys, presets.best), found.seeds, 3)).toEqual({ segment: 0, strokes: [] });
});

test('strokes held out are predicted by the others, not by themselves', () => {
  const solver = openFast(image, keys, presets.best);
  const exact = base.map((stroke) => ({ ...stroke, exact: true }));
  const judge = (strokes: Stroke[]) =>
    judgeStrokes(solver, keys, rasterise({ image, segments: [], strokes }), presets.best);
  expect(judge(exact)).toEqual(judge(base));
});

describe('several people', () => {
  const segments: Segment[] = [1, 2, 3].map((id) => ({ id, category: `class ${id}`, isthing: false }));
  const person = (annotator: string, weight: number, strokes: Stroke[], locks?: Lock[]): Annotation => {
    const raster = rasterise({ image, segments, strokes, locks });
    return { annotator, weight, segments, raster, mask: segment(image, keys, raster, presets.best).mask };
  };
  const together = (options: SegmentOptions, ...people: Annotation[]) => {
    const found = consensus(image, keys, people, options);
    const names = new Map(found.segments.map(({ id, category }) => [id, category]));
    return (x: number, y: number) => names.get(found.mask.ids[y * 60 + x]) ?? 'background';
  };
  const square = (segment: number, more: Partial<Stroke> = {}): Stroke => ({
    ...{
      segment,
      points: [
        [20, 20],
        [24, 20],
        [24, 24],
        [20, 24],
      ],
      radius: 0,
      polygon: true,
      ...still,
      ...more,
    },
  });

  test.each(settings.slice(0, 3))('vote with their exact pixels: %s', (_, options) => {
    const at = together(options, person('ann', 2, [...base, square(3)]), person('bob', 1, [...base, square(1)]));
    expect(at(22, 22)).toBe('class 3');
    // Nobody else says anything exact: one vote is enough.
    const alone = together(options, person('ann', 1, base), person('bob', 1, [...base, square(1)]));
    expect(alone(22, 22)).toBe('class 1');
    // A tie leaves the place to the picture, as it is without either.
    const tie = together(options, person('ann', 1, [...base, square(3)]), person('bob', 1, [...base, square(1)]));
    const none = together(options, person('ann', 1, base), person('bob', 1, base));
    expect(tie(22, 22)).toBe(none(22, 22));
  });

  test('a lock votes, and a held stroke against it', () => {
    const region = [20 * 60 + 20, 5];
    const locked = person('ann', 1, base, [{ segment: 2, region }]);
    const drawn = person('bob', 3, [...base, line(1, [20, 20], [24, 20])]);
    expect(together(presets.best, locked, person('bob', 3, base))(22, 20)).toBe('class 2');
    expect(together(presets.best, locked, drawn)(22, 20)).toBe('class 1');
    expect(together({ ...presets.best, strokes: 'tolerate' }, locked, drawn)(22, 20)).toBe('class 2');
  });
});
