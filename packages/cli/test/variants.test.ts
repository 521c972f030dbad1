import { describe, expect, test } from 'vitest';
import { parseVariants, variantsOf } from '../src/variants.ts';

describe('variants on the command line', () => {
  test.each([
    ['a,b', [{ backbone: 'a' }, { backbone: 'b' }]],
    ['a:layer=9,facet=value', [{ backbone: 'a', layer: 9, facet: 'value' }]],
    [
      'a, b:codec=int8, preset=paper ,c',
      [{ backbone: 'a' }, { backbone: 'b', codec: 'int8', preset: 'paper' }, { backbone: 'c' }],
    ],
    ['a:long-side=700', [{ backbone: 'a', longSide: 700 }]],
    ['models/c:d.onnx:layer=3', [{ backbone: 'models/c:d.onnx', layer: 3 }]],
  ])('%s', (text, expected) => {
    expect(parseVariants(text)).toEqual(expected);
  });

  test.each(['', 'a,,b', 'a:layer=x', 'a:layers=9', 'layer=9', 'a:facet=keys', 'a:codec=pca-0', 'a:preset=good'])(
    '%j is refused',
    (text) => {
      expect(() => parseVariants(text)).toThrow(/[Ee]xpected/);
    },
  );

  test('lists are products; what a variant spells itself stays as it is', () => {
    const both = variantsOf([{ backbone: 'a' }, { backbone: 'b', layer: 3 }], { layers: [9, 10], presets: ['best'] });
    expect(both).toEqual([
      { backbone: 'a', layer: 9, preset: 'best' },
      { backbone: 'a', layer: 10, preset: 'best' },
      { backbone: 'b', layer: 3, preset: 'best' },
    ]);
    expect(variantsOf([{ backbone: 'a' }], { facets: ['key', 'value'], codecs: ['float16', 'int8'] })).toHaveLength(4);
  });
});
