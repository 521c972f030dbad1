import { expect, test } from 'vitest';
import {
  decodeRuns,
  eachRun,
  encodeRegion,
  encodeRegions,
  encodeRuns,
  regionArea,
  regionBox,
  regionEnd,
  regionOutside,
  wholeRegion,
} from '../../src/documents/run-lengths.ts';

test('runs of labels decode to the labels', () => {
  const labels = Int32Array.from([2, 2, 2, 0, 1, 1]);
  const runs = encodeRuns(labels);
  expect(runs).toEqual([2, 3, 0, 1, 1, 2]);
  expect(decodeRuns({ h: 2, w: 3, labels: [0, 5, 9], runs })).toEqual(labels);
  expect(encodeRuns([])).toEqual([]);
  for (const wrong of [
    [2, 3],
    [2, 3, 0, 4],
    [3, 6],
    [0, 0, 0, 6],
    [0, -1, 0, 7],
  ]) {
    expect(() => decodeRuns({ h: 2, w: 3, labels: [0, 5, 9], runs: wrong })).toThrow('expected 2 × 3');
  }
});

test.each([
  [[4, 4, 0, 4, 7, 4], [0, 2, 1, 1, 1, 1], 4, 6],
  [[0, 4, 4, 9], [1, 2], 2, 3],
  [[0, 0], [], 0, 0],
])('the region of 4 in %j has runs %j', (ids, region, area, end) => {
  expect(encodeRegion(ids, 4)).toEqual(region);
  expect([regionArea(region), regionEnd(region)]).toEqual([area, end]);
  const inside = new Array<number>(ids.length).fill(0);
  eachRun(region, (from, to) => inside.fill(4, from, to));
  expect(inside).toEqual(ids.map((id) => (id === 4 ? 4 : 0)));
});

test('the regions of all segments are those of each', () => {
  const ids = [0, 4, 4, 7, 0, 4, 7, 7, 2, 0, 0];
  const regions = encodeRegions(ids);
  expect([...regions.keys()].sort()).toEqual([2, 4, 7]);
  for (const [id, region] of regions) {
    expect(region).toEqual(encodeRegion(ids, id));
    expect(regionEnd(wholeRegion(region, ids.length))).toBe(ids.length);
  }
});

test('a whole region ends with what lies outside', () => {
  expect(wholeRegion([1, 2], 5)).toEqual([1, 2, 2]);
  expect(wholeRegion([1, 2], 3)).toEqual([1, 2]);
  expect(wholeRegion([], 3)).toEqual([3]);
});

test('what is outside some regions belongs to the others', () => {
  let seed = 11;
  for (let round = 0; round < 50; round++) {
    const ids = Array.from({ length: 40 }, () => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * 4);
    });
    const regions = encodeRegions(ids);
    const rest = ids.map((id) => (id === 1 || id === 2 ? id : 7));
    expect(regionOutside([regions.get(1) ?? [], regions.get(2) ?? []], 40)).toEqual(encodeRegion(rest, 7));
  }
  expect(regionOutside([[0, 40]], 40)).toEqual([]);
  expect(regionOutside([], 40)).toEqual([0, 40]);
});

test('runs of no length, and pixels outside at the end, change nothing', () => {
  const found: number[][] = [];
  eachRun([0, 2, 3, 0, 0, 1, 9], (start, end) => found.push([start, end]));
  expect(found).toEqual([
    [0, 2],
    [5, 6],
  ]);
  expect([regionArea([0, 2, 3, 0, 0, 1, 9]), regionEnd([0, 2, 3, 0, 0, 1, 9])]).toEqual([3, 15]);
});

test('the box around a region holds all of its pixels, and no narrower one does', () => {
  const [width, height] = [4, 3];
  for (let bits = 1; bits < 1 << (width * height); bits++) {
    const ids = Uint8Array.from({ length: width * height }, (_, at) => (bits >> at) & 1);
    const inside = [...ids.keys()].filter((at) => ids[at] === 1);
    const [xs, ys] = [inside.map((at) => at % width), inside.map((at) => Math.floor(at / width))];
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1];
    expect(regionBox(encodeRegion(ids, 1), width)).toEqual(box);
  }
});
