import { expect, test } from 'vitest';
import { keysId } from '../src/layout.ts';

test('the id of keys names every setting that is not the default; ids of float16 are those of before there were codecs', () => {
  expect(keysId('tiny', { facet: 'key' })).toBe('tiny');
  expect(keysId('tiny', { facet: 'key', codec: 'float16' })).toBe('tiny');
  expect(keysId('tiny', { facet: 'key', codec: 'int8' })).toBe('tiny+int8');
  expect(keysId('tiny', { facet: 'query', layer: 3, longSide: 98, codec: 'pca-64' })).toBe(
    'tiny-layer3-query-98px+pca-64',
  );
});
