import { expect, test } from 'vitest';
import { keysName } from '../src/api/fields.ts';
import { keysId } from '../src/layout.ts';

test('the id of keys names every setting that is not the default; ids of float16 are those of before there were codecs', () => {
  expect(keysId('tiny', { facet: 'key' })).toBe('tiny');
  expect(keysId('tiny', { facet: 'key', codec: 'float16' })).toBe('tiny');
  expect(keysId('tiny', { facet: 'key', codec: 'int8' })).toBe('tiny+int8');
  expect(keysId('tiny', { facet: 'query', layer: 3, longSide: 98, codec: 'pca-64' })).toBe(
    'tiny-layer3-query-98px+pca-64',
  );
});

test('ids of keys are names that an address of the API may hold', () => {
  for (const codec of ['float16', 'int8', 'pca-999'])
    expect(keysName.safeParse(keysId('tiny.v1_2', { facet: 'value', layer: 0, longSide: 98, codec })).success).toBe(
      true,
    );
});
