import { expect, test } from 'vitest';
import { assign } from '../../src/crowd/hungarian.ts';
import { random } from '../golden.ts';

const next = random(5);
const total = (scores: number[][], columns: number[]) =>
  columns.reduce((sum, column, row) => sum + (column < 0 ? 0 : scores[row][column]), 0);

/** The best score over all ways to pair rows with columns. */
function bruteForce(scores: number[][], row = 0, taken = new Set<number>()): number {
  if (row === scores.length) return 0;
  let best = bruteForce(scores, row + 1, taken);
  scores[row].forEach((score, column) => {
    if (taken.has(column)) return;
    best = Math.max(best, score + bruteForce(scores, row + 1, new Set([...taken, column])));
  });
  return best;
}

test.each([
  [1, 1],
  [3, 3],
  [5, 5],
  [2, 6],
  [6, 2],
  [4, 5],
])('%i rows and %i columns: no other pairing scores more', (rows, columns) => {
  for (let round = 0; round < 40; round++) {
    // Few values and many zeros: ties, and pairs that are left out.
    const scores = Array.from({ length: rows }, () =>
      Array.from({ length: columns }, () => Math.max(0, Math.floor(next() * 8) - 3) / 4),
    );
    const found = assign(scores);
    const taken = found.filter((column) => column >= 0);
    expect(new Set(taken).size).toBe(taken.length);
    expect(total(scores, found)).toBeCloseTo(bruteForce(scores), 12);
  }
});

test('the best pairing may lack the best single pair', () => {
  expect(
    assign([
      [0.9, 0.8],
      [0.8, 0],
    ]),
  ).toEqual([1, 0]);
});

test('pairs that score 0 are left out, and no rows give no pairs', () => {
  expect(
    assign([
      [0, 0],
      [0, 1],
    ]),
  ).toEqual([-1, 1]);
  expect(assign([[], []])).toEqual([-1, -1]);
  expect(assign([])).toEqual([]);
});
