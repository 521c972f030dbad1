import { describe, expect, test } from 'vitest';
import { bakeoffOf, emptyBakeoff, withoutVariant, withVariant } from '../../src/bakeoffs/draft.ts';

describe('a bake-off as typed into the form', () => {
  test('begins with two variants, as it is now; what is left to the backbone is left out', () => {
    const draft = emptyBakeoff({ backbone: 'b', layer: '9', preset: 'paper' });
    expect(bakeoffOf(draft)).toEqual({
      variants: [
        { backbone: 'b', layer: 9, preset: 'paper' },
        { backbone: 'b', layer: 9, preset: 'paper' },
      ],
      ...{ sample: 24, seed: 1 },
    });
  });

  test('another variant is like the last; one that is removed is gone', () => {
    const draft = emptyBakeoff();
    const changed = {
      ...draft,
      variants: [draft.variants[0], { ...draft.variants[1], codec: ' int8 ', facet: 'value' as const }],
    };
    const three = withVariant(changed);
    expect(bakeoffOf(three).variants[2]).toMatchObject({ codec: 'int8', facet: 'value' });
    expect(new Set(three.variants.map(({ key }) => key)).size).toBe(3);
    const two = withoutVariant(three, three.variants[1].key);
    expect(two.variants.map(({ key }) => key)).toEqual([three.variants[0].key, three.variants[2].key]);
  });
});
