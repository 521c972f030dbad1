import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileStore } from '../../src/objects/files/file-store.ts';
import { folderNames } from '../../src/objects/folder-names.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { collect } from '../bytes.ts';

const root = mkdtempSync(join(tmpdir(), 'saltworks-names-'));
const store = fileStore(root);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const names = ['a', 'a-b', 'a.b', 'a0', 'b', 'campaign-salt'];
beforeAll(async () => {
  for (const name of names) for (let i = 0; i < 3; i++) await store.put(`d/masks/${name}/${i}.json`, '{}');
  await store.put('d/masks2/x/1.json', '{}');
});

test('names of folders come once each, in the order of their keys', async () => {
  expect(await collect(folderNames(store, 'd/masks/'))).toEqual(['a-b', 'a.b', 'a', 'a0', 'b', 'campaign-salt']);
  expect(await collect(folderNames(store, 'd/nothing/'))).toEqual([]);
});

test('names of folders take one listing each, which stops at its first object', async () => {
  let objects = 0;
  const list: ObjectStore['list'] = async function* (...asked) {
    for await (const info of store.list(...asked)) {
      objects++;
      yield info;
    }
  };
  await collect(folderNames({ ...store, list }, 'd/masks/'));
  expect(objects).toBe(names.length);
});
