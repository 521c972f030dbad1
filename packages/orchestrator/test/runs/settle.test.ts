import { expect, test } from 'vitest';
import { settleKeys } from '../../src/runs/settle.ts';

const vit = { name: 'vit', layers: 12, layer: null, facet: 'key' } as const;

test('what a request leaves out, the backbone decides', () => {
  expect(settleKeys(vit, {})).toEqual({ backbone: 'vit', facet: 'key' });
  expect(settleKeys({ ...vit, layer: 9, facet: 'value' }, {})).toEqual({ backbone: 'vit', layer: 9, facet: 'value' });
  const asked = { layer: 11, facet: 'query', longSide: 224, codec: 'int8' } as const;
  expect(settleKeys({ ...vit, layer: 9, facet: 'value' }, asked)).toEqual({ backbone: 'vit', ...asked });
  // The codec that is usual anyway is no setting.
  expect(settleKeys(vit, { codec: 'float16' })).toEqual({ backbone: 'vit', facet: 'key' });
});

test('a layer that the backbone lacks is refused', () => {
  expect(() => settleKeys(vit, { layer: 12 })).toThrow('layer 12; expected 0 to 11');
});
