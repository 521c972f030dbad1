import { expect, test } from 'vitest';
import { keysText } from '../src/keys-text.ts';

test.each([
  [{ backbone: 'vit' }, 'vit'],
  [{ backbone: 'vit', layer: null, facet: 'key', longSide: null }, 'vit'],
  [
    { backbone: 'vit', layer: 0, facet: 'value', longSide: 224, codec: 'pca-64' },
    'vit, layer 0, value, 224 px, pca-64',
  ],
])('%j is %s', (chosen, text) => expect(keysText(chosen)).toBe(text));
