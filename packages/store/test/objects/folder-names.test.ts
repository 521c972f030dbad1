import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failuresFrom, readFailures } from '../../src/datasets/failures.ts';
import { fileStore } from '../../src/objects/files/file-store.ts';
import { folderNames } from '../../src/objects/folder-names.ts';
import type { ObjectStore } from '../../src/objects/store.ts';

const root = mkdtempSync(join(tmpdir(), 'saltworks-names-'));
const store = fileStore(root);
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('names of folders', () => {
  const names = ['a', 'a-b', 'a.b', 'a0', 'b', 'campaign-salt'];
  beforeAll(async () => {
    for (const name of names) for (let i = 0; i < 3; i++) await store.put(`d/masks/${name}/${i}.json`, '{}');
    await store.put('d/masks2/x/1.json', '{}');
  });

  test('come once each, in the order of their keys', async () => {
    expect(await all(folderNames(store, 'd/masks/'))).toEqual(['a-b', 'a.b', 'a', 'a0', 'b', 'campaign-salt']);
    expect(await all(folderNames(store, 'd/nothing/'))).toEqual([]);
  });

  test('take one listing each, which stops at its first object', async () => {
    let objects = 0;
    const list: ObjectStore['list'] = async function* (...asked) {
      for await (const info of store.list(...asked)) {
        objects++;
        yield info;
      }
    };
    await all(folderNames({ ...store, list }, 'd/masks/'));
    expect(objects).toBe(names.length);
  });
});

describe('failures', () => {
  const report = (...reasons: string[]) =>
    JSON.stringify({ images: 9, failures: reasons.map((reason) => ({ sha256: 'a', name: 'a.png', reason })) });
  beforeAll(async () => {
    await store.put('datasets/pans/extracted/tiny/000000000.json', report('1', '2'));
    await store.put('datasets/pans/extracted/tiny/000000001.json', report());
    await store.put('datasets/pans/masks/best/000000000.json', report('3'));
    await store.put('datasets/pans/exported/voc-1/000000000.json', report('0'));
    await store.put('datasets/pans-2/masks/best/000000000.json', report('another'));
  });

  test('continue from any place where a reading stopped', async () => {
    const found = await all(failuresFrom(store, 'pans'));
    const reasons = (list: typeof found) => list.flatMap(({ failure }) => failure?.reason ?? []);
    expect(reasons(found)).toEqual(['0', '1', '2', '3']);
    for (const [i, { key, index }] of found.entries()) {
      const rest = await all(failuresFrom(store, 'pans', { after: { key, index } }));
      expect(reasons(rest)).toEqual(reasons(found.slice(i + 1)));
    }
    const whole = await all(readFailures(store, { name: 'pans' } as never));
    expect(whole.map(({ step, reason }) => [step, reason])).toEqual([
      ['exported/voc-1', '0'],
      ['extracted/tiny', '1'],
      ['extracted/tiny', '2'],
      ['masks/best', '3'],
    ]);
  });
});
