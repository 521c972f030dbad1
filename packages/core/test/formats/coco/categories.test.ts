import { describe, expect, test } from 'vitest';
import { cocoCategories, cocoId } from '../../../src/formats/coco/categories.ts';
import { orderedCategories } from '../../../src/formats/exporter.ts';

const named = (...ids: unknown[]) => ids.map((id, i) => ({ id, name: 'abcdefgh'[i] }));
const idsOf = (...ids: unknown[]) => cocoCategories(named(...ids)).categories.map(({ id }) => id);

describe('ids', () => {
  test('of 1 and more stay, in any order and with gaps', () => {
    expect(idsOf(7, 1, 90)).toEqual([7, 1, 90]);
    expect(cocoCategories(named(7, 1, 90)).note).toBeUndefined();
    expect(cocoCategories([])).toMatchObject({ categories: [] });
  });

  test('from 0 move up by one, and a note says so', () => {
    const { categories, ids, note } = cocoCategories(named(0, 1, 5));
    expect(categories.map(({ id }) => id)).toEqual([1, 2, 6]);
    expect(ids).toEqual(new Map([0, 1, 5].map((id) => [id, id + 1])));
    expect(note).toBe('category ids count from 1 here: 0 is now 1 (a), 1 is now 2 (b), 5 is now 6 (c)');
    expect(cocoCategories(named(0, 1, 2, 3, 4, 5)).note).toMatch(/4 is now 5 \(e\), …$/);
  });

  test('that are numbers in quotes are those numbers', () => {
    expect(idsOf('3', 1)).toEqual([3, 1]);
    expect(cocoCategories(named('3', 1)).note).toBeUndefined();
    expect(idsOf('0', '1')).toEqual([1, 2]);
    expect(['7', 7, '07x', 'x', '', null].map(cocoId)).toEqual([7, 7, '07x', 'x', '', null]);
  });

  test.each([[['cat', 'dog']], [[0.5, 1]], [[-1, 3]], [[2 ** 60, 1]], [['a', 2]]])('%j count from 1', (ids) => {
    expect(idsOf(...ids)).toEqual([1, 2]);
    expect(cocoCategories(named(...ids)).note).toBeDefined();
  });

  test.each([[[1, 1]], [[1, '1']], [['x', 2, 'x']], [[0, '0']]])('twice are refused: %j', (ids) => {
    expect(() => cocoCategories(named(...ids))).toThrow(
      /^categories "a" and "." have the id .*; expected ids that differ$/,
    );
  });

  test.each([undefined, null, '', {}, [1], true])('that are none are refused: %j', (id) => {
    expect(() => cocoCategories(named(1, id))).toThrow(/^category 2 is \{.*\}; expected an id$/);
  });

  test('are what every export takes', () => {
    for (const ids of [
      [0, 1],
      ['a', 'b'],
      [0.5, -3],
      ['2', '1'],
      [4, 9],
    ]) {
      expect(() => orderedCategories({ name: 'd', date: '', ...cocoCategories(named(...ids)) })).not.toThrow();
    }
  });
});

describe('names', () => {
  test.each([undefined, null, '', ' ', {}, true])('that are none are refused: %j', (name) => {
    expect(() => cocoCategories([{ id: 1, name }])).toThrow(/^category 1 is \{.*\}; expected a name$/);
  });

  test('may be numbers', () => expect(cocoCategories([{ id: 1, name: 7 }]).categories[0].name).toBe('7'));
});

test('only isthing 0 makes stuff', () => {
  const kinds = [0, 1, undefined, null].map((isthing, id) => ({ id: id + 1, name: 'x', isthing }));
  expect(cocoCategories(kinds).categories.map(({ isthing }) => isthing)).toEqual([0, 1, 1, 1]);
});
