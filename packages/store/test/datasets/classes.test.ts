import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attribute } from '@saltworks/contract/attributes';
import type { Category } from '@saltworks/contract/categories';
import { classesPrefix, exportPlanKey, exportSummaryKey } from '@saltworks/contract/layout';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { numberClasses, pinClasses, readSchema, type WantedClass } from '../../src/datasets/classes.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';

const pans = { dataset: 'pans', recipe: '0123456789abcdef' };
const things = (...names: string[]): WantedClass[] => names.map((name) => ({ name, isthing: 1 }));
const text = (categories: Category[]) => categories.map(({ id, name }) => `${id} ${name}`).join(', ');

let root: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saltworks-classes-'));
  store = fileStore(root);
});
afterEach(() => rmSync(root, { recursive: true }));

const number = async (...names: string[]) => text(await numberClasses(store, pans, [], things(...names)));
const versions = async () => {
  let count = 0;
  for await (const _ of store.list(classesPrefix('pans', pans.recipe))) count++;
  return count;
};

test('numbers follow the order of the request, and later classes do not change them', async () => {
  expect(await number('cat', 'dog')).toBe('1 cat, 2 dog');
  expect(await number('ant', 'bee', 'dog')).toBe('1 cat, 2 dog, 3 ant, 4 bee');
  expect(await number()).toBe('1 cat, 2 dog, 3 ant, 4 bee');
  expect(await versions()).toBe(2);
});

test('the dataset’s own come first, in the order of their ids', async () => {
  const own: Category[] = [
    { id: 7, name: 'dog', isthing: 1 },
    { id: 3, name: 'cat', isthing: 1 },
  ];
  expect(text(await numberClasses(store, pans, own, things('ant')))).toBe('3 cat, 7 dog, 8 ant');
});

test('a thing and a stuff of one name are two classes', async () => {
  const sky: WantedClass[] = [{ name: 'sky', isthing: 0 }, ...things('sky')];
  expect(await numberClasses(store, pans, [], sky)).toEqual([
    { id: 1, name: 'sky', isthing: 0 },
    { id: 2, name: 'sky', isthing: 1 },
  ]);
});

test('all masks of a dataset share the numbers, whatever their settings; a campaign has its own', async () => {
  await number('cat');
  const other = { ...pans, recipe: 'fedcba9876543210' };
  expect(text(await numberClasses(store, other, [], things('dog')))).toBe('1 cat, 2 dog');
  const campaign = { ...pans, recipe: 'campaign-salt' };
  expect(text(await numberClasses(store, campaign, [], things('dog')))).toBe('1 dog');
  expect(await number()).toBe('1 cat, 2 dog');
});

test('a class keeps its own number if it is a number and free; other classes follow after all of these', async () => {
  const wanted = [
    { id: 0, name: 'zero', isthing: 1 as const },
    { id: 18, name: 'dog', isthing: 1 as const },
    { id: '3' as never, name: 'text', isthing: 1 as const },
    { id: 1.5, name: 'half', isthing: 1 as const },
    { id: 18, name: 'again', isthing: 1 as const },
    ...things('new'),
  ];
  expect(text(await numberClasses(store, pans, [], wanted))).toBe(
    '19 zero, 18 dog, 20 text, 21 half, 22 again, 23 new',
  );
  const later: WantedClass[] = [
    { id: 7, name: 'bird', isthing: 1 },
    { id: 3, name: 'dog', isthing: 1 },
  ];
  expect(text(await numberClasses(store, pans, [], later))).toMatch(/^19 zero, 18 dog, .*, 7 bird$/);
});

test('many callers at once get the same numbers', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `class ${i}`);
  await Promise.all(names.map((name) => number(name)));
  const settled = await numberClasses(store, pans, [], []);
  expect(settled.map(({ id }) => id)).toEqual(names.map((_, i) => i + 1));
  expect(settled.map(({ name }) => name).sort()).toEqual([...names].sort());
  for (const name of names) expect(await number(name)).toBe(text(settled));
});

test('a failing check leaves no numbers', async () => {
  const check = () => {
    throw new Error('no room');
  };
  await expect(numberClasses(store, pans, [], things('cat'), { check })).rejects.toThrow('no room');
  expect(await versions()).toBe(0);
});

test('a pinned list comes first, and stays', async () => {
  await number('cat', 'dog');
  const pin = (...list: [number, string][]) =>
    pinClasses(
      store,
      'pans',
      list.map(([id, name]) => ({ id, name, isthing: 1 })),
    );
  expect(text(await pin([2, 'bee'], [1, 'dog']))).toBe('1 dog, 2 bee, 3 cat');
  expect(await number('ant')).toBe('1 dog, 2 bee, 3 cat, 4 ant');
  await expect(pin([1, 'a'], [1, 'b'])).rejects.toThrow(
    'categories 1 "a" and 1 "b"; expected every number and every name once',
  );
  await expect(pin([1, 'a'], [2, 'a'])).rejects.toThrow('categories 1 "a" and 2 "a"');
});

test('numbers of exports that predate stored numbers stay', async () => {
  const exported = async (id: string, recipe: string, made: string | undefined, ...names: string[]) => {
    const categories = names.map((name, i) => ({ id: i + 1, name, isthing: 1 }));
    const plan = { name: 'pans', date: '2026-01-01', categories, format: 'voc', recipe };
    await store.put(exportPlanKey('pans', id), JSON.stringify(plan));
    const summary = { format: 'voc', recipe, made, files: 1, bytes: 1 };
    if (made) await store.put(exportSummaryKey('pans', id), JSON.stringify(summary));
  };
  await exported('voc-1', 'other', '2026-01-01', 'cat');
  await exported('voc-2', 'other', '2026-01-03', 'dog', 'cat');
  await exported('voc-3', 'other', '2026-01-02', 'ant', 'cat');
  await exported('voc-4', 'campaign-salt', '2026-01-05', 'bee');
  await exported('voc-5', 'other', undefined, 'cow');
  expect(await number('cat', 'eel')).toBe('1 dog, 2 cat, 3 eel');
});

test('the version of a campaign’s classes stays noted until there is another', async () => {
  const plates = { dataset: 'pans', recipe: 'campaign-plates' };
  expect(await readSchema(store, plates)).toBeUndefined();
  const first = { version: 1, called: () => [] };
  await numberClasses(store, plates, [], things('cat'), { schema: first });
  await numberClasses(store, plates, [], things('dog'));
  expect(await readSchema(store, plates)).toEqual({ version: 1, called: [] });
  const second = { version: 2, called: ([{ id }]: readonly Category[]) => [{ id, name: 'tiger' }] };
  await numberClasses(store, plates, [], things('cat'), { schema: second });
  const renamed = { version: 2, called: [{ id: 1, name: 'tiger' }] };
  expect(await readSchema(store, plates)).toEqual(renamed);
  // What a version asks of classes goes by their numbers, and stays with it.
  const asks = (of: readonly Category[]): Attribute[] => [
    { id: 1, name: 'asleep', of: 'segment', kind: 'flag', classes: of.map(({ id }) => id) },
  ];
  const third = { version: 4, called: () => [], attributes: asks };
  const other = { dataset: 'pans', recipe: 'campaign-asking' };
  await numberClasses(store, other, [], things('cat', 'dog'), { schema: third });
  await numberClasses(store, other, [], things('eel'));
  const [asked] = asks([{ id: 1, name: 'cat', isthing: 1 }]);
  expect(await readSchema(store, other)).toEqual({
    ...{ version: 4, called: [] },
    attributes: [{ ...asked, classes: [1, 2] }],
  });
  // An older version may be noted again, and the newest stays what others ask for.
  await numberClasses(store, plates, [], things('cat'), { schema: first });
  expect(await readSchema(store, plates)).toEqual(renamed);
  expect(await readSchema(store, plates, { version: 1 })).toEqual({ version: 1, called: [] });
  expect(await readSchema(store, plates, { version: 3 })).toBeUndefined();
  expect(text(await numberClasses(store, plates, [], []))).toBe('1 cat, 2 dog');
});
