import { expect, test } from 'vitest';
import { meansOf, pickFarthest } from '../../src/search/picks.ts';
import { meansIn, summarise, summarySize } from '../../src/search/summary.ts';
import { grid, planted } from './planted.ts';

const { h, w, d } = grid;

test('a summary has its size, and each mean is right to half a step of its bytes', () => {
  const { data, scales } = summarise(planted(5));
  expect([data.length, scales.length]).toEqual([summarySize * d, summarySize]);
  for (let i = 0; i < scales.length; i++) {
    expect(Math.max(...data.subarray(i * d, (i + 1) * d).map(Math.abs))).toBe(127);
  }
});

test('an image of few kinds of patches is summarised by these kinds', () => {
  const kinds = [0, 1, 2].map((seed) => planted(seed).data.subarray(0, d));
  const data = new Float32Array(h * w * d);
  for (let i = 0; i < h * w; i++) data.set(kinds[i < 100 ? 0 : i < 119 ? 1 : 2], i * d);
  const summary = summarise({ data, h, w, d });
  const means = meansIn(summary);
  expect(summary.scales.length).toBe(3);
  for (const kind of kinds) {
    const errors = [0, 1, 2].map((i) => Math.max(...kind.map((value, k) => Math.abs(value - means[i * d + k]))));
    expect(Math.min(...errors)).toBeLessThanOrEqual(Math.max(...summary.scales));
  }
});

test('picks are as far apart as greedy choice by brute force says', () => {
  const n = 30;
  const directions = planted(8).data.slice(0, n * d);
  for (let o = 0; o < directions.length; o += d) {
    const length = Math.hypot(...directions.subarray(o, o + d));
    for (let k = o; k < o + d; k++) directions[k] /= length;
  }
  const cosine = (a: number, b: number) => {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += directions[a * d + k] * directions[b * d + k];
    return sum;
  };
  const { picked, nearest } = pickFarthest(directions, d, 6);
  for (let p = 1; p < picked.length; p++) {
    const before = picked.slice(0, p);
    const closeness = (i: number) => Math.max(...before.map((pick) => cosine(i, pick)));
    const least = Math.min(...Array.from({ length: n }, (_, i) => closeness(i)));
    expect(closeness(picked[p])).toBeCloseTo(least, 6);
  }
  for (let i = 0; i < n; i++) {
    const best = Math.max(...picked.map((pick) => cosine(i, pick)));
    expect(cosine(i, picked[nearest[i]])).toBeCloseTo(best, 6);
  }
});

test('means of parts, weighted by their sizes, add up to the mean of all', () => {
  const { data } = planted(9);
  const picks = pickFarthest(data, d, 5);
  const means = meansOf(picks, data, d);
  const sizes = picks.picked.map((_, pick) => picks.nearest.filter((one) => one === pick).length);
  for (let k = 0; k < d; k++) {
    const all = data.filter((_, i) => i % d === k).reduce((sum, value) => sum + value, 0);
    const parts = sizes.reduce((sum, count, pick) => sum + count * means[pick * d + k], 0);
    expect(parts).toBeCloseTo(all, 1);
  }
});

test('keys that are all alike have one mean', () => {
  const { data, scales } = summarise({ data: new Float32Array(h * w * d), h, w, d });
  expect([...data, ...scales]).toEqual(new Array(d + 1).fill(0));
});
