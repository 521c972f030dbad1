import { expect, test } from 'vitest';
import { bestPlace } from '../../src/search/place.ts';
import { likenessTo, patchesOf, probeOf } from '../../src/search/probe.ts';
import { spaceOf } from '../../src/search/space.ts';
import { meansIn, summarise } from '../../src/search/summary.ts';
import { blockAt, grid, planted } from './planted.ts';

const { h, w, d } = grid;
const size = { width: 10 * w, height: 10 * h };
const example = planted(1, [3, 4]);
/** Every third image holds the pattern, each elsewhere. */
const corpus = Array.from({ length: 12 }, (_, i) => {
  const at: [number, number] | undefined = i % 3 === 0 ? [i % 10, (2 * i) % 9] : undefined;
  return { at, keys: planted(100 + i, at) };
});
const all = new Float32Array(corpus.flatMap(({ keys }) => [...keys.data]));
const space = spaceOf(all, d);
const probe = probeOf(example, blockAt([3, 4]), space);

test('images with planted copies come first, each at its copy', () => {
  const places = corpus.map(({ at, keys }) => ({ at, ...bestPlace(likenessTo(probe, space, keys.data), keys, size) }));
  places.sort((a, b) => b.score - a.score);
  expect(places.map(({ at }) => at !== undefined)).toEqual(places.map((_, i) => i < 4));
  for (const { at, place, box } of places.slice(0, 4)) {
    const [x, y] = at!;
    expect(box).toEqual([10 * x, 10 * y, 10 * (x + 2), 10 * (y + 2)]);
    expect(place[0]).toBeGreaterThan(10 * x);
    expect(place[0]).toBeLessThan(10 * (x + 2));
  }
});

test('summaries name the images with copies, too', () => {
  const scores = corpus.map(({ at, keys }) => {
    const brief = likenessTo(probe, space, meansIn(summarise(keys)));
    return { at, score: Math.max(...brief) };
  });
  scores.sort((a, b) => b.score - a.score);
  expect(scores.slice(0, 4).every(({ at }) => at !== undefined)).toBe(true);
});

test('the likeness is that of the definition: Σ⁻¹q for one patch, scaled', () => {
  const one = probeOf(example, [7], space);
  const [itself] = likenessTo(one, space, example.data.subarray(7 * d, 8 * d));
  // q·Σ⁻¹q / √(q·Σ⁻¹q): its own length in the metric, the largest that any direction of that length has.
  const dense = Array.from({ length: d }, (_, i) =>
    Array.from({ length: d }, (_, j) => {
      let sum = 0;
      for (let k = 0; k <= Math.min(i, j); k++) sum += factorAt(i, k) * factorAt(j, k);
      return sum;
    }),
  );
  const direction = directionOf(example.data.subarray(7 * d, 8 * d));
  const back = dense.map((row) => row.reduce((sum, value, j) => sum + value * one[j], 0));
  // Σ·(Σ⁻¹q / length) · length = q.
  for (let k = 0; k < d; k++) expect(back[k] * itself).toBeCloseTo(direction[k], 4);
});

const factorAt = (i: number, k: number) => space.factor[(i * (i + 1)) / 2 + k];

function directionOf(key: Float32Array): number[] {
  const centred = Array.from(key, (value, k) => value - space.mean[k]);
  const length = Math.hypot(...centred);
  return centred.map((value) => value / length);
}

test('patches are those that the region covers at least half as much as the one that it covers most', () => {
  // Row 5 of pixels from x = 10 to 26: patch 1 whole, patch 2 by seven of ten, and of the third row none.
  const from = 5 * size.width + 10;
  expect(patchesOf([from, 17], size, grid)).toEqual([1, 2]);
  expect(patchesOf([from, 13], size, grid)).toEqual([1]);
  expect(() => patchesOf([size.width * size.height + 5, 3], size, grid)).toThrow('an example without a pixel');
});

test('keys that are all alike have no likeness, and nothing breaks', () => {
  const blank = { ...example, data: new Float32Array(h * w * d).fill(2) };
  const flat = spaceOf(blank.data, d);
  const likeness = likenessTo(probeOf(blank, [0, 1], flat), flat, blank.data);
  expect([...likeness]).toEqual(new Array(h * w).fill(0));
  expect(bestPlace(likeness, grid, size)).toEqual({ score: 0, place: [5, 5], box: [0, 0, 10, 10] });
});
