import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { classNamed, knownAgreement } from '../../src/crowd/known-image.ts';

const mask = (row: string) => ({ ids: Uint32Array.from(row, Number), width: row.length, height: 1 });
const classes = ['cat', 'dog', 'other'];
/** An annotator's answer; digits are segments. */
const answer = (row: string, categories: Record<number, string>) => ({
  mask: mask(row),
  categories: new Map(Object.entries(categories).map(([id, name]) => [Number(id), name])),
});
/** A known mask with cats (17), dogs (18) and couches (63), numbered as in COCO. */
const known = (row: string, categories: Record<number, number>, crowds: number[] = []) => ({
  mask: mask(row),
  segments: Object.entries(categories).map(([id, category_id]) => ({
    id: Number(id),
    category_id,
    iscrowd: crowds.includes(Number(id)) ? (1 as const) : (0 as const),
  })),
  categories: [
    { id: 17, name: 'cat' },
    { id: 18, name: 'dog' },
    { id: 63, name: 'couch' },
  ].filter(({ id }) => Object.values(categories).includes(id)),
});
const listed = ['cat', 'dog', 'couch'];

test('a cat drawn as a cat scores 1, one drawn as a dog 0', () => {
  const truth = known('7700', { 7: 17 });
  expect(knownAgreement(answer('1100', { 1: 'cat' }), truth, { classes, listed })).toMatchObject({
    miou: 1,
    pixels: 1,
  });
  const wrong = knownAgreement(answer('1100', { 1: 'dog' }), truth, { classes, listed });
  expect(wrong).toMatchObject({ miou: 0, pixels: 1 / 2, pairs: [] });
  expect(wrong.classes).toEqual([
    { category: 'cat', iou: 0, both: 0 },
    { category: 'dog', iou: 0, both: 0 },
  ]);
});

test('a drawn cat scores 0 even if the known mask has no cat', () => {
  const found = knownAgreement(answer('1122', { 1: 'dog', 2: 'cat' }), known('7700', { 7: 18 }), { classes, listed });
  expect(found.miou).toBe(1 / 2);
});

test('a class in only one of the two lists is background on both sides', () => {
  const truth = known('7788', { 7: 17, 8: 63 });
  const score = (row: string) => knownAgreement(answer(row, { 1: 'cat', 2: 'other' }), truth, { classes, listed }).miou;
  expect(score('1100')).toBe(1);
  expect(score('1122')).toBe(1);
  expect(score('1111')).toBe(1 / 2);
  expect(score('1222')).toBe(1 / 2);
});

test('pixels of crowds are ignored', () => {
  const truth = known('7788', { 7: 17, 8: 17 }, [8]);
  for (const row of ['1100', '1111', '1122']) {
    expect(knownAgreement(answer(row, { 1: 'cat', 2: 'cat' }), truth, { classes, listed }).miou).toBe(1);
  }
});

describe('a name of another list', () => {
  test.each([
    ['cat', 'cat'],
    [' Cat ', 'cat'],
    ['cats', undefined],
  ])('%j means %j', (name, expected) => expect(classNamed(name, classes)).toBe(expected));

  test('means none of two classes that differ in case alone, unless it equals one', () => {
    expect(classNamed('CAT', ['Cat', 'cat'])).toBeUndefined();
    expect(classNamed('Cat', ['Cat', 'cat'])).toBe('Cat');
  });

  test('is compared regardless of case', () => {
    const found = knownAgreement(answer('1100', { 1: 'Cat' }), known('7700', { 7: 17 }), { classes: ['Cat'], listed });
    expect(found).toMatchObject({ miou: 1, classes: [{ category: 'Cat' }] });
  });
});

test('masks that cannot be compared are refused', () => {
  const options = { classes: ['heap'], listed };
  expect(() => knownAgreement(answer('11', { 1: 'heap' }), known('77', { 7: 17 }), options)).toThrow(
    new InvalidInputError('the known mask has the classes "cat", "dog", "couch"; expected one of heap'),
  );
  const unnamed = known('77', { 7: 99 });
  expect(() => knownAgreement(answer('11', { 1: 'cat' }), unnamed, { classes, listed })).toThrow(
    new InvalidInputError('segment 7 of the known mask has category 99; expected a listed one'),
  );
});
