import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Candidate, choose, leastOf, placeOf } from '../../src/bakeoffs/choose.ts';
import { variantNames } from '../../src/bakeoffs/variants.ts';

const sha = (i: number) => createHash('sha256').update(String(i)).digest('hex');
const drawn = (i: number, more: Partial<Candidate> = {}): Candidate & { i: number } => ({
  ...{ i, sha256: sha(i), known: false, accepted: false, classes: [] },
  ...more,
});
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('the images of a sample', () => {
  const many = numbers(60).map((i) => drawn(i));

  test('are the same for a seed, whatever order they come in, and others for another', () => {
    const first = choose(many, 10, 1);
    expect(choose(many.toReversed(), 10, 1)).toEqual(first);
    expect(choose(many, 10, 2)).not.toEqual(first);
    expect(new Set(first.map(({ i }) => i)).size).toBe(10);
  });

  test('are all there are, if there are no more', () => {
    expect(choose(many.slice(0, 3), 10, 1)).toHaveLength(3);
    expect(choose([], 10, 1)).toEqual([]);
  });

  test('are known ones for the half, else accepted ones, as far as there are some', () => {
    const images = many.map((image, i) => ({ ...image, known: i < 3, accepted: i < 30 }));
    const chosen = choose(images, 10, 1);
    expect(chosen.slice(0, 3).every(({ known }) => known)).toBe(true);
    expect(chosen.slice(3, 5).every(({ accepted }) => accepted)).toBe(true);
    // A known image may come in the other half, too: here none is left.
    expect(chosen.filter(({ known }) => known)).toHaveLength(3);
  });

  test('have every class, however rare', () => {
    const images = numbers(100).map((i) => drawn(i, { classes: i === 41 ? ['rare', 'common'] : ['common'] }));
    expect(choose(images, 4, 1).some(({ i }) => i === 41)).toBe(true);
    const halves = numbers(100).map((i) => drawn(i, { classes: [i < 90 ? 'cat' : 'dog'] }));
    expect(choose(halves, 10, 1).filter(({ i }) => i >= 90)).toHaveLength(5);
  });
});

test('the items of least place are kept, however many there are', () => {
  const least = leastOf<{ sha256: string }>(5, 3);
  const all = numbers(1_000).map((i) => ({ sha256: sha(i) }));
  for (const one of all) least.add(one);
  const expected = all.map(({ sha256 }) => sha256).sort((a, b) => (placeOf(3, a) < placeOf(3, b) ? -1 : 1));
  expect(least.items().map(({ sha256 }) => sha256)).toEqual(expected.slice(0, 5));
});

describe('variants are named by what tells them apart', () => {
  const extract = { backbone: 'b', facet: 'key' as const };
  test.each([
    [
      [{ layer: 9 }, { layer: 11 }],
      ['layer 9', 'layer 11'],
    ],
    [
      [{}, { layer: 3, codec: 'int8' }],
      ['last layer, float16', 'layer 3, int8'],
    ],
    [
      [{ backbone: 'c' }, { longSide: 500 }],
      ['c, own size', 'b, 500 px'],
    ],
  ])('%j', (changes, names) => {
    const variants = changes.map((change) => ({ extract: { ...extract, ...change }, preset: 'best' as const }));
    expect(variantNames(variants)).toEqual(names);
  });

  test('by the preset, too', () => {
    expect(
      variantNames([
        { extract, preset: 'paper' },
        { extract, preset: 'best' },
      ]),
    ).toEqual(['paper', 'best']);
  });
});
