import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterAll, describe, expect, test } from 'vitest';
import { readCategories } from '../src/categories.ts';
import { table } from '../src/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-categories-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (content: unknown) => {
  const path = join(folder, 'labels.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('categories', () => {
  test('from a list are numbered from 1, coloured, and things unless marked as stuff', async () => {
    expect(await readCategories('cat, traffic light:thing,sky:stuff')).toEqual([
      { id: 1, name: 'cat', colour: '#e69f00', isthing: true },
      { id: 2, name: 'traffic light', colour: '#56b4e9', isthing: true },
      { id: 3, name: 'sky', colour: '#009e73', isthing: false },
    ]);
  });

  test('from a file keep their own ids and colours; missing ones are chosen around them', async () => {
    const given = ['cat', { name: 'dog', id: 1, colour: '#000000' }, { name: 'sky', isthing: false }];
    expect(await readCategories(file(given))).toMatchObject([
      { id: 2, name: 'cat', isthing: true },
      { id: 1, name: 'dog', colour: '#000000', isthing: true },
      { id: 3, name: 'sky', isthing: false },
    ]);
  });

  test('have distinct colours, however many there are', async () => {
    const many = await readCategories(Array.from({ length: 60 }, (_, i) => `label ${i}`).join(','));
    expect(new Set(many.map(({ colour }) => colour)).size).toBe(60);
  });

  test.each([
    ['', 'categories ""'],
    ['cat,,dog', 'categories "cat,,dog"'],
    ['cat:animal', 'category "cat:animal"; expected NAME, NAME:thing or NAME:stuff'],
    [join(folder, 'none.json'), 'no such file'],
  ])('that make no sense are refused: %j', async (text, message) => {
    const refused = readCategories(text);
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(message);
  });

  test.each([
    ['{', 'JSON'],
    [{ cat: 1 }, 'no list'],
    [[{ name: 'cat', color: '#000000' }], 'category 1 is {"name":"cat","color":"#000000"}'],
    [[{ name: 'cat', colour: 'red' }], 'category 1'],
    [['cat', null], 'category 2 is null'],
    [['cat', { name: ' ' }], 'expected "cat,dog,sky:stuff"'],
  ])('of a file that make no sense are refused: %j', async (content, message) => {
    const refused = readCategories(file(content));
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(message);
  });
});

test('columns are as wide as their widest cell, with numbers right-aligned', () => {
  const rows = [
    ['ann', 3, '0.902', ''],
    ['robert', 12, '–', 'stuff'],
  ];
  expect(table(['who', 'images', 'mIoU', ''], rows).split('\n')).toEqual([
    'who     images   mIoU',
    'ann          3  0.902',
    'robert      12      –  stuff',
  ]);
});
