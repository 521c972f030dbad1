import type { CrfOptions } from '@saltworks/contract/options';
import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import { decodeSafeTensors, readFloats } from '../../../src/formats/safetensors.ts';
import type { RgbImage } from '../../../src/image/image.ts';
import { interpolateLinear } from '../../../src/image/interpolate.ts';
import { argmax } from '../../../src/nodes/scores.ts';
import {
  pairwiseTerms,
  startMeanField as startTwin,
  unaryFromLabels,
  unaryFromScores,
} from '../../../src/refine/crf.ts';
import { startMeanField } from '../../../src/refine/fast/crf.ts';
import { buildPairwise, type PixelLattice } from '../../../src/refine/fast/lattice.ts';
import { startTiledField } from '../../../src/refine/fast/tiles.ts';
import { buildLattice } from '../../../src/refine/permutohedral.ts';
import { agreement, expectClose, goldenBytes, goldenJson, random } from '../../golden.ts';
import { readPng } from '../../png.ts';

type Terms = Omit<CrfOptions, 'steps'>;
const usual: Terms = { gaussian: { xy: 3, weight: 3 }, bilateral: { xy: 80, rgb: 13, weight: 10 } };
const gentle: Terms = { gaussian: { xy: 2, weight: 1 }, bilateral: { xy: 20, rgb: 6, weight: 3 } };

/** Patches of colour with a little noise on them. */
function photograph(width: number, height: number): RgbImage {
  const next = random(width + height);
  const [h, w] = [Math.ceil(height / 16) + 1, Math.ceil(width / 16) + 1];
  const coarse = Float32Array.from({ length: 3 * h * w }, () => 255 * next());
  const smooth = interpolateLinear(coarse, h, w, 3, height, width);
  return { data: Uint8Array.from(smooth, (value) => Math.min(value + 12 * next(), 255)), width, height };
}

const noise = (width: number, height: number): RgbImage => ({
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24),
  width,
  height,
});
const flat = (width: number, height: number): RgbImage => ({
  data: new Uint8Array(3 * width * height).fill(77),
  width,
  height,
});

/** Scores that vary smoothly, a little noise on them, most labels far from most pixels. */
function unaries(width: number, height: number, c: number): Float32Array {
  const next = random(7 * c);
  const centres = Array.from({ length: c }, () => [next() * width, next() * height]);
  const reach = (width * height) / c / 4 + 1;
  const scores = new Float32Array(width * height * c);
  for (let p = 0, o = 0; p < width * height; p++) {
    const near = centres.map(([x, y]) => {
      const squared = ((p % width) - x) ** 2 + (Math.floor(p / width) - y) ** 2;
      return Math.exp(-squared / reach) * (0.5 + next()) + 1e-12;
    });
    const sum = near.reduce((total, value) => total + value);
    for (const value of near) scores[o++] = value / sum;
  }
  return unaryFromScores(scores);
}

function twin(image: RgbImage, unary: Float32Array, c: number, terms: Terms, steps: number): Float32Array {
  const field = startTwin(unary, c, pairwiseTerms(image, terms));
  for (let i = 0; i < steps; i++) field.step();
  return field.q;
}

function fast(
  image: RgbImage,
  unary: Float32Array,
  c: number,
  terms: Terms,
  steps: number,
  { arena = new Arena(), start = startMeanField }: { arena?: Arena; start?: typeof startMeanField } = {},
): Float32Array {
  const field = start(arena, buildPairwise(arena, image, terms), arena.put(unary), c);
  field.run(steps);
  const out = arena.reserve(unary.byteLength);
  field.marginals(out);
  return arena.floats(out, unary.length).slice();
}

describe('marginals equal pydensecrf’s on a photograph', () => {
  const golden = goldenJson('crf.json');
  const { tensors } = decodeSafeTensors(goldenBytes('crf.safetensors'));
  const tensor = (name: string) => readFloats(tensors.get(name)!);
  const image = readPng('crf.png');
  const terms = (name: string): Terms => {
    const { gaussian, bilateral } = golden.parameters[name];
    return {
      gaussian: { xy: gaussian.sxy, weight: gaussian.compat },
      bilateral: { xy: bilateral.sxy, rgb: bilateral.srgb, weight: bilateral.compat },
    };
  };

  test.each(golden.cases as Record<string, never>[])('$classes labels, $steps steps, $parameters', (golden_) => {
    const { classes, steps, parameters, scores, marginals: expected } = golden_;
    const q = fast(image, unaryFromScores(tensor(scores), 0), classes, terms(parameters), steps);
    expectClose(q, tensor(expected), 1e-4);
    expect(agreement(argmax(q, classes), argmax(tensor(expected), classes))).toBe(1);
  });

  test('hard labels, some of them hidden', () => {
    const { classes, steps, parameters, gt_prob } = golden.hard;
    const bytes = tensors.get('hard.labels')!.bytes;
    const labels = new Int32Array(bytes.slice().buffer).map((label) => label - 1);
    const q = fast(image, unaryFromLabels(labels, classes, gt_prob), classes, terms(parameters), steps);
    expectClose(q, tensor('hard.marginals'), 1e-4);
  });
});

/**
 * A pixel on the border of a cell may touch another vertex than the twin's, with next to no weight; but this vertex joins its
 * neighbours in the blur. So a few pixels differ by more than rounding, as pydensecrf's do.
 */
function expectAlike(ours: Float32Array, theirs: Float32Array): void {
  expectClose(ours, theirs, 5e-3);
  const off = ours.filter((value, i) => Math.abs(value - theirs[i]) > 1e-4).length;
  expect(off / ours.length).toBeLessThan(0.01);
}

describe('marginals equal the twin’s', () => {
  test.each([2, 3, 4, 5, 6, 9])('%i labels', (c) => {
    const image = photograph(90, 70);
    const unary = unaries(90, 70, c);
    for (const terms of [usual, gentle]) {
      for (const steps of [0, 1, 5]) {
        expectAlike(fast(image, unary, c, terms, steps), twin(image, unary, c, terms, steps));
      }
    }
  });

  test.each([
    ['one pixel', photograph(1, 1)],
    ['one pixel wide', photograph(1, 67)],
    ['one pixel high', photograph(67, 1)],
    ['three pixels', photograph(3, 1)],
    ['odd sizes', photograph(65, 33)],
    ['noise', noise(61, 47)],
    ['flat', flat(50, 40)],
  ])('%s', (_, image) => {
    for (const c of [2, 5, 7, 12]) {
      const unary = unaries(image.width, image.height, c);
      expectClose(fast(image, unary, c, usual, 5), twin(image, unary, c, usual, 5), 5e-3);
    }
  });

  test.each([
    ['huge', { gaussian: { xy: 1e4, weight: 3 }, bilateral: { xy: 1e5, rgb: 1e4, weight: 10 } }],
    ['small', { gaussian: { xy: 0.2, weight: 3 }, bilateral: { xy: 0.5, rgb: 0.5, weight: 10 } }],
    ['too small for a key', { gaussian: { xy: 1e-4, weight: 3 }, bilateral: { xy: 0.01, rgb: 0.01, weight: 10 } }],
    ['without weight', { gaussian: { xy: 3, weight: 0 }, bilateral: { xy: 80, rgb: 13, weight: 0 } }],
    ['of great weight', { gaussian: { xy: 3, weight: 300 }, bilateral: { xy: 80, rgb: 13, weight: 1000 } }],
  ] as [string, Terms][])('standard deviations: %s', (_, terms) => {
    const image = photograph(70, 50);
    for (const c of [2, 4, 8, 11]) {
      const unary = unaries(70, 50, c);
      const [ours, theirs] = [fast(image, unary, c, terms, 3), twin(image, unary, c, terms, 3)];
      expectClose(ours, theirs, 1e-2);
      expect(agreement(argmax(ours, c), argmax(theirs, c))).toBeGreaterThan(0.999);
    }
  });

  test('infinite energies', () => {
    const image = photograph(20, 10);
    for (const c of [2, 3, 8]) {
      const unary = unaries(20, 10, c).map((energy, i) =>
        i % 7 === 0 && i % c !== 1 ? Number.POSITIVE_INFINITY : energy,
      );
      expectClose(fast(image, unary, c, gentle, 2), twin(image, unary, c, gentle, 2), 5e-3);
    }
  });
});

test('single steps and all steps at once give the same', () => {
  const image = photograph(40, 30);
  for (const c of [2, 5, 9, 14]) {
    const unary = unaries(40, 30, c);
    const arena = new Arena();
    const field = startMeanField(arena, buildPairwise(arena, image, usual), arena.put(unary), c);
    for (let i = 0; i < 4; i++) field.step();
    const out = arena.reserve(unary.byteLength);
    field.marginals(out);
    expect(arena.floats(out, unary.length).slice()).toEqual(fast(image, unary, c, usual, 4));
  }
});

test('earlier work in an arena leaves no trace', () => {
  const arena = new Arena();
  const image = photograph(50, 40);
  const pairwise = buildPairwise(arena, image, gentle);
  const end = arena.mark();
  for (const c of [5, 2, 9, 12, 5]) {
    arena.release(end);
    const unary = unaries(50, 40, c);
    const field = startMeanField(arena, pairwise, arena.put(unary), c);
    field.run(3);
    const out = arena.reserve(unary.byteLength);
    field.marginals(out);
    expect(arena.floats(out, unary.length).slice()).toEqual(fast(image, unary, c, gentle, 3));
  }
});

test('weights around a pixel equal the twin’s', () => {
  const image = photograph(80, 60);
  const n = 80 * 60;
  const arena = new Arena();
  const { bilateral, gaussian } = buildPairwise(arena, image, usual);
  const place = (p: number) => [p % 80, Math.floor(p / 80)];
  const compare = ({ corners, d, m }: PixelLattice, features: number[][]) => {
    const lattice = buildLattice(Float32Array.from(features.flat()), d);
    expect(Math.abs(m / lattice.m - 1)).toBeLessThan(2e-3);
    const size = d + 1;
    const floats = arena.floats(corners, 2 * size * n);
    for (let p = 0; p < n; p++) {
      const weights = floats.slice(2 * size * p + size, 2 * size * (p + 1));
      const norm = weights.reduce((sum, value) => sum + value);
      const ours = weights.map((value) => value / norm).sort();
      expectClose(ours, lattice.weight.slice(size * p, size * (p + 1)).sort(), 1e-4);
    }
  };
  const pixels = Array.from({ length: n }, (_, p) => p);
  compare(
    gaussian,
    pixels.map((p) => place(p).map((v) => v / 3)),
  );
  compare(
    bilateral,
    pixels.map((p) => [...place(p).map((v) => v / 80), ...[0, 1, 2].map((k) => image.data[3 * p + k] / 13)]),
  );
});

describe('many labels', () => {
  test.each([10, 20, 33])('%i, followed everywhere, are exact', (c) => {
    const image = photograph(100, 70);
    const unary = unaries(100, 70, c);
    const everywhere: typeof startMeanField = (arena, pairwise, at, k) => startTiledField(arena, pairwise, at, k, 0);
    expectAlike(fast(image, unary, c, usual, 5, { start: everywhere }), twin(image, unary, c, usual, 5));
  });

  test.each([
    [10, usual],
    [20, usual],
    [20, gentle],
    [60, gentle],
  ])('%i, followed where they may matter, are nearly exact', (c, terms) => {
    const image = photograph(160, 120);
    const unary = unaries(160, 120, c);
    const [ours, theirs] = [fast(image, unary, c, terms, 5), twin(image, unary, c, terms, 5)];
    expectClose(ours, theirs, 2e-2);
    expect(agreement(argmax(ours, c), argmax(theirs, c))).toBeGreaterThan(0.999);
  });

  test('hard labels, a fifth of them hidden', () => {
    const [width, height, c] = [160, 120, 25];
    const image = photograph(width, height);
    const next = random(3);
    const cells = Array.from({ length: 400 }, () => (next() < 0.2 ? -1 : Math.floor(next() * c)));
    const labels = Int32Array.from({ length: width * height }, (_, p) => {
      return cells[(Math.floor(p / width) >> 3) * 20 + ((p % width) >> 3)];
    });
    const unary = unaryFromLabels(labels, c);
    const [ours, theirs] = [fast(image, unary, c, usual, 5), twin(image, unary, c, usual, 5)];
    expectClose(ours, theirs, 2e-2);
    expect(agreement(argmax(ours, c), argmax(theirs, c))).toBeGreaterThan(0.999);
  });
});
