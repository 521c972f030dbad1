import { expect, test } from 'vitest';
import { extractSettings, type SegmentOptions, segmentChanges, segmentOptions } from '../src/options.ts';

const options: SegmentOptions = {
  graph: 'walk',
  sigma: 'auto',
  sigmaFactor: 0.15,
  tau: 0.8,
  neighbors: 7,
  colorWeight: 0,
  upsample: 'linear',
  alpha: 0.2,
  tol: 1e-3,
  maxIter: 30,
  refine: 'crf',
  unary: 'soft',
  hidden: 0.2,
  seed: 0,
  colourLikelihood: 0.2,
  crf: { gaussian: { xy: 2, weight: 1 }, bilateral: { xy: 20, rgb: 6, weight: 3 }, steps: 5 },
  strokes: 'hold',
};

test('settings come back as they were sent', () => {
  expect(segmentOptions.parse(options)).toEqual(options);
  expect(segmentChanges.parse({ sigma: 2, graph: 'rbf' })).toEqual({ sigma: 2, graph: 'rbf' });
  expect(extractSettings.parse({ backbone: 'tiny', facet: 'key', layer: 3 })).toEqual({
    backbone: 'tiny',
    facet: 'key',
    layer: 3,
  });
});

test('a codec is float16, int8, or pca with a whole number of directions', () => {
  const given = (codec: unknown) => extractSettings.safeParse({ backbone: 'tiny', facet: 'key', codec }).success;
  for (const codec of [undefined, 'float16', 'int8', 'pca-1', 'pca-64', 'pca-999']) expect(given(codec)).toBe(true);
  for (const codec of ['', 'int4', 'pca', 'pca-', 'pca-0', 'pca-064', 'pca-1000', 'pca-6.4', 'int8 ', 'x-int8', 8])
    expect(given(codec), String(codec)).toBe(false);
});

test('fields that a schema does not know are kept, at every depth', () => {
  const crf = { ...options.crf, gaussian: { ...options.crf.gaussian, later: 1 }, later: 2 };
  expect(segmentOptions.parse({ ...options, crf, later: 3 })).toEqual({ ...options, crf, later: 3 });
  expect(segmentChanges.parse({ later: 4 })).toEqual({ later: 4 });
});

test.each([
  ['an unknown graph', { graph: 'tree' }],
  ['a number as text', { tau: '0.8' }],
  ['σ as another word', { sigma: 'automatic' }],
])('%s is refused', (_, changes) => {
  expect(segmentChanges.safeParse(changes).success).toBe(false);
  expect(segmentOptions.safeParse({ ...options, ...changes }).success).toBe(false);
});

test('all settings of a solve are needed, none of its changes', () => {
  const { tau: _, ...others } = options;
  expect(segmentOptions.safeParse(others).success).toBe(false);
  expect(segmentChanges.parse({})).toEqual({});
});
