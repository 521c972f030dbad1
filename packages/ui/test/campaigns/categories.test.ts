import { describe, expect, test } from 'vitest';
import { addCategories, moved, palette, parseCategories } from '../../src/campaigns/categories.ts';

describe('categories', () => {
  test('a pasted list is split at commas, semicolons and lines; the kind follows a colon', () => {
    expect(parseCategories('cat, dog ; sky:stuff\n grass : STUFF,, person:thing\n')).toEqual([
      { name: 'cat', isthing: true },
      { name: 'dog', isthing: true },
      { name: 'sky', isthing: false },
      { name: 'grass', isthing: false },
      { name: 'person', isthing: true },
    ]);
  });

  test('a colon without a kind belongs to the name', () => {
    expect(parseCategories('ratio 1:2, road:lane')).toEqual([
      { name: 'ratio 1:2', isthing: true },
      { name: 'road:lane', isthing: true },
    ]);
  });

  test('colours come in the order of the palette, free ones first, and differ when those offered are taken', () => {
    const names = Array.from({ length: palette.length + 2 }, (_, i) => `class ${i}`).join(',');
    const all = addCategories([], names);
    expect(all.slice(0, palette.length).map(({ colour }) => colour)).toEqual(palette);
    expect(new Set(all.map(({ colour }) => colour)).size).toBe(palette.length + 2);
    const without = all.slice(0, 3).filter((_, i) => i !== 1);
    expect(addCategories(without, 'new').at(-1)!.colour).toBe(palette[1]);
  });

  test('categories already in the list are skipped, in any case', () => {
    const one = addCategories([], 'Cat');
    expect(addCategories(one, 'cat, CAT, dog').map(({ name }) => name)).toEqual(['Cat', 'dog']);
  });

  test('an entry moves within the list and stops at either end', () => {
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a', 'b', 'c'], 0, 1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c']);
    expect(moved(['a', 'b', 'c'], 2, 3)).toEqual(['a', 'b', 'c']);
  });
});
