import { expect, test } from 'vitest';
import { constant, formulaOf, type Length, samplesFor } from '../../src/graph/length.ts';
import { reshapedLengths, statedLengths } from '../../src/graph/reshape.ts';

const samples = samplesFor(7, 7);
const tokens = samples.patches.map((n) => n + 1);
const c = constant;
const read = (input: readonly Length[], native: number[]) =>
  reshapedLengths(input, native, samples)?.map((length) => formulaOf(length, samples));
const plain = (factor: number) => ({ factor, batch: false, of: 'one', more: 0 });
const rows = { factor: 1, batch: false, of: 'patches', more: 1 };
const batch = { factor: 1, batch: true, of: 'one', more: 0 };

test('tokens stay tokens where heads are split off, merged and flattened', () => {
  expect(read([samples.batch, tokens, c(96)], [1, 50, 3, 32])).toEqual([batch, rows, plain(3), plain(32)]);
  expect(read([samples.batch, tokens, c(3), c(32)], [1, 50, 96])).toEqual([batch, rows, plain(96)]);
  expect(read([samples.batch, tokens, c(96)], [50, 96])).toEqual([{ ...rows, batch: true }, plain(96)]);
  expect(read([samples.batch, c(3), tokens, c(32)], [3, 50, 32])).toEqual([{ ...batch, factor: 3 }, rows, plain(32)]);
  expect(read([samples.batch, c(96), samples.h, samples.w], [1, 96, 49])).toEqual([
    batch,
    plain(96),
    { ...rows, more: 0 },
  ]);
});

test('a flattened batch comes apart again', () => {
  const flat = tokens.map((n, s) => n * samples.batch[s]);
  expect(read([flat, c(96)], [1, 50, 96])).toEqual([batch, rows, plain(96)]);
});

test('rows and columns of patches come apart, also where the grid is square', () => {
  const [h, w] = ['h', 'w'].map((of) => ({ factor: 1, batch: false, of, more: 0 }));
  expect(read([samples.batch, samples.patches, c(96)], [1, 7, 7, 96])).toEqual([batch, h, w, plain(96)]);
});

test('a dim that equals the tokens by chance stays a dim', () => {
  expect(read([samples.batch, tokens, c(50)], [1, 50, 2, 25])).toEqual([batch, rows, plain(2), plain(25)]);
  expect(read([samples.batch, tokens, c(50)], [1, 50, 50])).toEqual([batch, rows, plain(50)]);
});

test('what may be read in two ways is not read', () => {
  // One run of 50 · 50 values: either half may be the tokens.
  expect(read([tokens.map((n) => n * 50)], [50, 50])).toBeUndefined();
  expect(read([samples.batch, tokens, c(96)], [1, 25, 192])).toBeUndefined();
});

test('a target is taken at its word: 0 copies, −1 is what remains', () => {
  const input = [samples.batch, tokens, c(96)];
  expect(statedLengths(input, [c(0), c(-1), c(32)], false)).toEqual([samples.batch, tokens.map((n) => 3 * n), c(32)]);
  expect(statedLengths(input, [c(0), c(-1), c(32)], true)).toBeUndefined();
  expect(statedLengths(input, [c(2), c(-1), c(97)], false)).toBeUndefined();
});
