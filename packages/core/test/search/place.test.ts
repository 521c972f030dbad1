import { expect, test } from 'vitest';
import { bestPlace } from '../../src/search/place.ts';

const place = (rows: number[][], size = { width: 40, height: 30 }) =>
  bestPlace(Float32Array.from(rows.flat()), { h: rows.length, w: rows[0].length }, size);

test('the box holds what hangs together with the best patch by sides', () => {
  const rows = [
    [0.9, 0, 0, 0.6],
    [0, 0.5, 1, 0.5],
    [0.6, 0, 0.4, 0],
  ];
  // The patches of 0.9 and 0.6 at the left touch it by corners at most, 0.4 is too little, 0.6 at the right hangs on.
  expect(place(rows)).toEqual({ score: 1, place: [25, 15], box: [10, 0, 40, 20] });
});

test('rows do not run on into the next', () => {
  const rows = [
    [0, 0, 0, 1],
    [1, 0, 0, 0],
    [0, 0, 0, 0],
  ];
  expect(place(rows).box).toEqual([30, 0, 40, 10]);
});

test('where nothing is alike, the best patch stands alone', () => {
  expect(place([[-2, -1, -1.5, -1.2]])).toEqual({ score: -1, place: [15, 15], box: [10, 0, 20, 30] });
});

test('boxes are in whole pixels, inside an image that patches do not divide', () => {
  const rows = [[1, 1, 1]];
  expect(place(rows, { width: 10, height: 7 })).toEqual({ score: 1, place: [1, 3], box: [0, 0, 10, 7] });
});
