import { keysId } from '@saltworks/contract/layout';
import { expect, test } from 'vitest';
import { settingsOfKeys, settleKeys } from '../../src/runs/settle.ts';

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

test('the id of keys tells what they are made with', async () => {
  const names = ['vit', 'vit-layer9', 'vit-large'];
  const of = (id: string) => settingsOfKeys({ backbones: { list: async () => names.map((name) => ({ name })) } }, id);
  const settings = [
    { backbone: 'vit', facet: 'key' },
    { backbone: 'vit-large', facet: 'value', longSide: 154 },
    { backbone: 'vit', layer: 3, facet: 'query', longSide: 98, codec: 'pca-64' },
    { backbone: 'vit-large', layer: 11, facet: 'key', codec: 'int8' },
    // A backbone of the very name counts first.
    { backbone: 'vit-layer9', facet: 'key' },
    { backbone: 'vit-layer9', layer: 2, facet: 'key' },
  ] as const;
  for (const each of settings) expect(await of(keysId(each.backbone, each))).toEqual(each);
  for (const id of ['other', 'vit-layer3-layer4', 'vit-', '../vit', 'vit/retry']) {
    await expect(of(id)).rejects.toThrow(`no backbone makes keys ${id}`);
  }
});
