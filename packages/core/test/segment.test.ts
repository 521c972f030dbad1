import type { SegmentOptions } from '@saltworks/contract/options';
import { describe, expect, test } from 'vitest';
import { openFast } from '../src/fast/solver.ts';
import { panopticDocument } from '../src/formats/panoptic.ts';
import { attributeNode } from '../src/help/attribution.ts';
import { nextStroke } from '../src/help/next-stroke.ts';
import type { RgbImage } from '../src/image/image.ts';
import type { Keys } from '../src/keys/keys.ts';
import type { NodeScores } from '../src/nodes/scores.ts';
import { presets } from '../src/options.ts';
import { crfScale, refine } from '../src/refine/refine.ts';
import { rasterise } from '../src/seeds/seeds.ts';
import { segment } from '../src/segment.ts';
import { openPlain } from '../src/solver.ts';
import { agreement, random } from './golden.ts';

/** An image of two halves, dark and light, with their border at x = `edge`, and a little noise. */
function twoHalves(width: number, height: number, edge: number): RgbImage {
  const next = random(3);
  const data = new Uint8Array(3 * width * height).map(
    (_, i) => (Math.floor(i / 3) % width < edge ? 40 : 200) + 8 * next(),
  );
  return { data, width, height };
}

/** Keys as a backbone might give them: [1, 0] on the left, [0, 1] on the right, mixed where a patch lies on the edge. */
function keysOf({ width }: RgbImage, edge: number, h: number, w: number): Keys {
  const next = random(5);
  const share = (x: number) => Math.min(1, Math.max(0, (edge * w) / width - x));
  const data = Float32Array.from({ length: h * w * 2 }, (_, i) => {
    const left = share((i >> 1) % w);
    return (i % 2 ? 1 - left : left) + 0.05 * next();
  });
  return { data, h, w, d: 2 };
}

const points = (...all: [number, number][]) => all;
const image = twoHalves(120, 80, 47);
const keys = keysOf(image, 47, 8, 12);
const raster = rasterise({
  image,
  segments: [{ id: 70000, category: 'light', isthing: true }],
  strokes: [
    {
      segment: 0,
      points: [
        [10, 10],
        [10, 70],
      ],
      radius: 2,
    },
    { segment: 70000, points: [[100, 40]], radius: 3 },
  ],
});
const truth = Uint32Array.from({ length: 9600 }, (_, i) => (i % 120 < 47 ? 0 : 70000));
const run = (options: Partial<SegmentOptions>) => segment(image, keys, raster, { ...presets.best, ...options });

describe('an image with strokes of the background alone', () => {
  const nothing = rasterise({ image, segments: [], strokes: [{ segment: 0, points: points([60, 40]), radius: 2 }] });
  test.each([
    ['best', presets.best],
    ['paper', presets.paper],
    ['without a CRF', { ...presets.best, refine: 'none' }],
  ] as [string, SegmentOptions][])('gets a mask of zeros, with certainty: %s', (_, options) => {
    for (const open of [openFast, openPlain]) {
      const found = segment(image, keys, nothing, options, open);
      expect(found.mask).toEqual({ ids: new Uint32Array(9600), width: 120, height: 80 });
      const names = { image: 'a.png', sha256: '', mask: 'a.panoptic.png' };
      const document = { segments_info: [], categories: [], uncertainty: 0, warnings: [] };
      expect(panopticDocument(found, [], names)).toMatchObject(document);
      expect(nextStroke(found.nodes, found.seeds.nodes)).toBeUndefined();
      const solver = open(image, keys, options);
      expect(attributeNode(solver, found.seeds, 7)).toEqual({ segment: 0, strokes: [{ stroke: 1, share: 1 }] });
    }
  });
});

describe('segment', () => {
  test.each([
    ['walk', {}],
    ['walk on keys as they come', { upsample: 'none' }],
    ['rbf', { graph: 'rbf' }],
    ['similarity', { graph: 'similarity', tau: 0.9 }],
    ['knn', { graph: 'knn', neighbors: 10, alpha: 0.9 }],
    ['rbf with colour', { graph: 'rbf', colorWeight: 0.1 }],
    ['rbf on keys as they come', { graph: 'rbf', upsample: 'none' }],
    ['a given sigma', { graph: 'rbf', sigma: 0.2 }],
  ] as [string, Partial<SegmentOptions>][])('finds the edge to a pixel from two strokes: %s', (_, options) => {
    const { mask, nodes } = run(options);
    expect(agreement(mask.ids, truth)).toBeGreaterThan(0.99);
    expect(nodes.labels).toEqual([0, 70000]);
    expect([nodes.h, nodes.w]).toEqual(options.upsample === 'none' ? [8, 12] : [16, 24]);
  });

  test('the same input gives the same mask, whatever was solved before', () => {
    const first = segment(image, keys, raster, presets.paper).mask;
    run({});
    expect(segment(image, keys, raster, presets.paper).mask).toEqual(first);
    expect(agreement(first.ids, truth)).toBeGreaterThan(0.97);
  });

  test('a stroke wholly outside the image is left out, and named', () => {
    const strokes = [
      { segment: 0, points: points([-0.5, 10], [10, 70]), radius: 2 },
      { segment: 3, points: points([-20, 40]), radius: 3 },
      { segment: 70000, points: points([100, 40]), radius: 3 },
    ];
    const segments = [3, 70000].map((id) => ({ id, category: 'light', isthing: true }));
    const result = segment(image, keys, rasterise({ image, segments, strokes }), presets.best);
    expect(agreement(result.mask.ids, truth)).toBeGreaterThan(0.99);
    const { warnings } = panopticDocument(result, segments, { image: 'a.png', sha256: '', mask: 'a.png' });
    expect(warnings).toEqual([
      'strokes[1] lies outside the picture and is left out',
      expect.stringMatching(/^segment 3 has no node .* and is missing/),
    ]);
    const outside = rasterise({ image, segments, strokes: strokes.slice(0, 2) });
    expect(() => segment(image, keys, outside, presets.best)).toThrow('1 stroke outside the picture; the others label');
  });

  describe('a thin stroke among thick ones', () => {
    // Its one pixel of width has the majority in no cell; and a dot lies within a stroke of another label.
    const drawn = rasterise({
      image,
      segments: [],
      strokes: [
        { segment: 0, points: points([10, 10], [10, 70]), radius: 2 },
        { segment: 1, points: points([100, 10], [100, 70]), radius: 3 },
        { segment: 0, points: points([60, 30], [90, 30]), radius: 3 },
        { segment: 0, points: points([60, 38], [90, 38]), radius: 3 },
        { segment: 1, points: points([60, 34], [90, 34]), radius: 0 },
        { segment: 2, points: points([10, 40]), radius: 1 },
      ],
    });
    const lost = (options: Partial<SegmentOptions>, open = openFast) => {
      const { ids } = segment(image, keys, drawn, { ...presets.best, ...options }, open).mask;
      return [...drawn.owner.keys()].filter((i) => drawn.owner[i] && ids[i] !== drawn.segments[drawn.owner[i] - 1]);
    };

    test.each([
      ['best', {}],
      ['no CRF', { refine: 'none' }],
      ['hard labels', { unary: 'hard' }],
      ['along an affinity', { graph: 'rbf' }],
      ['paper, told to', { ...presets.paper, strokes: 'hold' }],
    ] as [string, Partial<SegmentOptions>][])('keeps every pixel: %s', (_, options) => {
      expect(lost(options)).toEqual([]);
      expect(lost(options, openPlain)).toEqual([]);
    });

    test('loses some where noise is tolerated', () => {
      expect(lost({ strokes: 'tolerate' }).length).toBeGreaterThan(10);
      expect(lost(presets.paper).length).toBeGreaterThan(10);
    });
  });

  test('scribbles of another size are refused', () => {
    const other = { ...raster, width: 80, height: 120 };
    expect(() => segment(image, keys, other, presets.best)).toThrow("80 × 120 pixels; expected the image's 120 × 80");
  });

  test.each(['walk', 'rbf'] as const)('a blank image with equal keys still gets an answer: %s', (graph) => {
    const blank = { ...keys, data: new Float32Array(keys.data.length).fill(1) };
    const { mask, nodes } = segment(image, blank, raster, { ...presets.best, graph, refine: 'none' });
    expect(mask.ids).toHaveLength(9600);
    expect(nodes.data.every(Number.isFinite)).toBe(true);
  });
});

describe('from nodes to pixels', () => {
  // Two nodes over four pixels: the left one is certain, the right one just prefers the other label.
  const scores: NodeScores = { data: Float32Array.from([1, 0, 0.4, 0.6]), h: 1, w: 2, labels: [5, 9] };
  const four = { data: new Uint8Array(12), width: 4, height: 1 };
  const ids = (options: Partial<SegmentOptions>, image: RgbImage = four) => [
    ...refine(image, scores, { ...presets.best, refine: 'none', ...options }).ids,
  ];

  test('hard: every pixel takes the label of its node', () => {
    expect(ids({ unary: 'hard' })).toEqual([5, 5, 9, 9]);
  });
  test('soft: scores are interpolated first', () => {
    expect(ids({ colourLikelihood: 0 })).toEqual([5, 5, 5, 9]);
  });

  test('soft, weighed by colour: a pixel joins the pixels of its colour', () => {
    const halves = { ...four, data: Uint8Array.from([0, 0, 0, 0, 0, 0, 200, 0, 0, 200, 0, 0]) };
    expect(ids({ colourLikelihood: 0.3 }, halves)).toEqual([5, 5, 9, 9]);
  });

  test('an image too large for the CRF is refined at a smaller size', () => {
    expect(crfScale(640 * 480, 5)).toBe(1);
    expect(crfScale(640 * 480, 40)).toBeLessThan(1.01);
    const scale = crfScale(100e6, 2);
    expect(scale).toBeGreaterThan(0.1);
    expect(scale).toBeLessThan(0.3);
    // The guided filter's share of the memory comes on top.
    const guided = { radius: 8, epsilon: 3e-3 };
    expect(crfScale(100e6, 2, { guided })).toBeLessThan(scale);
    expect(crfScale(640 * 480, 20, { guided })).toBeGreaterThan(0.5);
  });
});
