import { UnreadableDocumentError } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { expect, test } from 'vitest';
import type { CorpusPrior } from '../../src/corpus/prior.ts';
import { decodeCorpusPrior, encodeCorpusPrior } from '../../src/formats/corpus-prior.ts';
import { encodeSafeTensors, floatTensor } from '../../src/formats/safetensors.ts';

const prior: CorpusPrior = {
  d: 2,
  weights: Float64Array.of(0.5, -1, 0.25, 2, 0, 1),
  frequency: Float64Array.of(0.75, 0.25),
  categories: [null, { name: 'Straße', isthing: 0 }],
  ...{ balance: 0.25, sharpness: 2, trust: 0.625, keys: 'dinov2' },
};
const settings = JSON.stringify({ balance: 0.25, sharpness: 2, trust: 1, keys: 'dinov2' });
const metadata = { format: 'saltworks-corpus-prior', version: '1', categories: '[null]', settings };
const fileOf = (shapes: Record<string, number[]>, more: Record<string, string> = {}) =>
  encodeSafeTensors({
    tensors: new Map(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        floatTensor(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape),
      ]),
    ),
    metadata: { ...metadata, ...more },
  });

test('a prior goes through its file, in single precision', () => {
  expect(decodeCorpusPrior(encodeCorpusPrior(prior))).toEqual(prior);
  const [weight] = decodeCorpusPrior(encodeCorpusPrior({ ...prior, weights: prior.weights.fill(0.1) })).weights;
  expect(weight).toBe(Math.fround(0.1));
});

test.each([
  [
    'another version',
    fileOf({ weights: [1, 3], frequency: [1] }, { version: '2' }),
    'saltworks-corpus-prior, version 2',
  ],
  [
    'another format',
    fileOf({}, { format: 'saltworks-statistics' }),
    'a file of saltworks-statistics, version 1; expected',
  ],
  ['other tensors', fileOf({ weights: [1, 3] }), "a corpus' prior without frequency; expected weights and frequency"],
  [
    'other sizes',
    fileOf({ weights: [2, 3], frequency: [1] }),
    'of 2 × 3 weights, 1 frequencies, 1 categories; expected',
  ],
])('%s is refused', (_, file, message) => {
  expect(() => decodeCorpusPrior(file)).toThrow(InvalidInputError);
  expect(() => decodeCorpusPrior(file)).toThrow(message);
});

test('settings that are none are refused', () => {
  const file = fileOf({ weights: [1, 3], frequency: [1] }, { settings: '{"balance":"much"}' });
  expect(() => decodeCorpusPrior(file)).toThrow(UnreadableDocumentError);
});
