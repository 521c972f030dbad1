import { UnreadableDocumentError } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import { nothingTaught } from '../../src/corpus/taught.ts';
import { doubleTensor, encodeSafeTensors } from '../../src/formats/safetensors.ts';
import { decodeStatistics, encodeStatistics } from '../../src/formats/statistics.ts';

const metadata = { format: 'saltworks-statistics', version: '1', categories: '[null]', images: '1' };
const fileOf = (sizes: [number, number[]], more: Record<string, string> = {}) =>
  encodeSafeTensors({
    tensors: new Map([
      ['xx', doubleTensor(new Float64Array(sizes[0]), [sizes[0]])],
      ['xy', doubleTensor(new Float64Array(sizes[1][0] * sizes[1][1]), sizes[1])],
    ]),
    metadata: { ...metadata, ...more },
  });

test('nothing taught goes through its file', () => {
  expect(decodeStatistics(encodeStatistics(nothingTaught(3)))).toEqual(nothingTaught(3));
  expect(decodeStatistics(fileOf([6, [1, 3]])).categories).toEqual([null]);
});

test.each([
  ['another version', fileOf([6, [1, 3]], { version: '2' }), 'a file of saltworks-statistics, version 2'],
  ['other sizes', fileOf([5, [1, 3]]), 'statistics of 5 products, 1 × 3 sums, categories [null]; expected sizes'],
  ['too few names', fileOf([6, [2, 3]]), 'statistics of 6 products, 2 × 3 sums'],
  ['other tensors', encodeSafeTensors({ tensors: new Map(), metadata }), 'statistics without xx; expected xx and xy'],
])('%s is refused', (_, file, message) => {
  expect(() => decodeStatistics(file)).toThrow(InvalidInputError);
  expect(() => decodeStatistics(file)).toThrow(message);
});

test('names that are none are refused', () => {
  expect(() => decodeStatistics(fileOf([6, [1, 3]], { categories: '[7]' }))).toThrow(
    new UnreadableDocumentError('categories of statistics: [0] is 7; expected object'),
  );
});
