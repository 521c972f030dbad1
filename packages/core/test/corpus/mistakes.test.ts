import { describe, expect, test } from 'vitest';
import { mistakesAmong, opinionsOfSegments } from '../../src/corpus/mistakes.ts';

/** A picture of 6 × 4 patches of 5 × 5 pixels: segment 7 left, 8 right of a slanting line, a column of nobody's at the right. */
const [w, h, c] = [6, 4, 3];
const [width, height] = [30, 20];
const ids = Uint32Array.from({ length: width * height }, (_, i) => {
  const [x, y] = [i % width, Math.floor(i / width)];
  return x >= 27 ? 0 : x < 10 + y / 2 ? 7 : 8;
});
const mask = { ids, width, height };
const categoryOf = (segment: number) =>
  new Map([
    [7, 0],
    [8, 1],
  ]).get(segment); // prettier-ignore
const shares = (of: (x: number, y: number) => readonly number[]) => ({
  data: Float32Array.from({ length: h * w * c }, (_, o) => {
    const patch = Math.floor(o / c);
    return of(patch % w, Math.floor(patch / w))[o % c];
  }),
  ...{ h, w, labels: [0, 1, 2] },
});

describe('opinions of segments', () => {
  const nodes = shares((x, y) => (x < 2 ? [0.8, 0.1, 0.1] : x === 4 && y === 2 ? [0, 0, 1] : [0.3, 0.3, 0.4]));

  test('are means over pixels of patches, by the square of what is covered', () => {
    const found = opinionsOfSegments(nodes, mask, categoryOf);
    expect(found.map(({ segment, category }) => [segment, category])).toEqual([
      [7, 0],
      [8, 1],
    ]);
    for (const { segment, category, found: other, odds, share } of found) {
      const sums = [0, 0, 0];
      let [all, area] = [0, 0];
      for (let patch = 0; patch < h * w; patch++) {
        const [left, top] = [5 * (patch % w), 5 * Math.floor(patch / w)];
        let covered = 0;
        for (let i = 0; i < 25; i++) if (ids[(top + Math.floor(i / 5)) * width + left + (i % 5)] === segment) covered++;
        for (let k = 0; k < c; k++) sums[k] += covered ** 2 * Math.log(nodes.data[patch * c + k] + 0.02);
        all += covered ** 2;
        area += covered;
      }
      const others = [0, 1, 2].filter((k) => k !== category);
      expect(sums[other]).toBe(Math.max(...others.map((k) => sums[k])));
      expect(odds).toBeCloseTo((sums[other] - sums[category]) / all, 10);
      expect(share).toBeCloseTo(area / (width * height), 10);
    }
  });

  test('point at a pixel of the segment in the patch that differs most', () => {
    const [, { place, found }] = opinionsOfSegments(nodes, mask, categoryOf);
    expect([place, found]).toEqual([{ x: 22, y: 12 }, 2]);
  });

  test('point into the segment where it has a corner of the patch alone', () => {
    const corner = { ids: Uint32Array.from(ids, (_, i) => (i % width >= 29 && i < width ? 9 : 7)), width, height };
    const places = opinionsOfSegments(nodes, corner, (segment) => (segment === 9 ? 2 : undefined));
    expect(places.map(({ place }) => place)).toEqual([{ x: 29, y: 0 }]);
  });

  test('are none of segments without a category, or where there is nothing to choose from', () => {
    expect(opinionsOfSegments(nodes, mask, () => undefined)).toEqual([]);
    const one = { data: new Float32Array(h * w).fill(1), h, w, labels: [0] };
    expect(opinionsOfSegments(one, mask, () => 0)).toEqual([]);
  });
});

describe('mistakes', () => {
  const one = (image: number, category: number, odds: number, share = 0.1) => ({ image, category, odds, share });
  const opinions = [
    ...[one(0, 0, -3), one(1, 0, -2), one(2, 0, 2.5), one(3, 0, 3)],
    // Of a category that the model is weak in, which is usual.
    ...[one(0, 1, 2.5), one(1, 1, 3), one(2, 1, 3.5), one(3, 1, 7)],
    one(4, 0, 9, 0.001),
  ];

  test('are what is doubted more than is usual of a category, the strongest first', () => {
    const found = mistakesAmong(opinions, { strength: 2, share: 0.01 });
    // Usual: 0.25 of category 0, 3.25 of category 1.
    expect(found.map(({ image, category, strength }) => [image, category, strength])).toEqual([
      [3, 1, 3.75],
      [3, 0, 2.75],
      [2, 0, 2.25],
    ]);
  });

  test('are never what the model would name so, too, however unusual', () => {
    expect(mistakesAmong([one(0, 0, -9), one(1, 0, -9), one(2, 0, -1)])).toEqual([]);
  });

  test('of nothing are none', () => expect(mistakesAmong([])).toEqual([]));
});
