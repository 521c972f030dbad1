/** What a store holds: counted, judged, and let go. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StorageFullError } from '@saltworks/contract/errors';
import {
  exportFileKey,
  keysKey,
  maskKey,
  probeKey,
  storageUsageKey,
  thumbnailKey,
  viewKey,
} from '@saltworks/contract/layout';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fileStore } from '../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../src/objects/store.ts';
import { countStorage } from '../../src/storage/count.ts';
import { expireLeftovers, expireViews } from '../../src/storage/expire.ts';
import { amount, expectStorage, levelOf, reserveOf, setQuota, storageLevel } from '../../src/storage/level.ts';

let folder: string;
let store: ObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-storage-'));
  store = fileStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const [a, b] = ['ab'.repeat(32), 'cd'.repeat(32)];

test('is counted by kind, by set of keys and by dataset; every object counts once', async () => {
  await store.put(keysKey('tiny', a), 'k'.repeat(10));
  await store.put(keysKey('tiny', b), 'k'.repeat(20));
  await store.put(keysKey('tiny-layer3', a), 'k'.repeat(5));
  await store.put(maskKey(a, '.png'), 'm'.repeat(7));
  await store.put(exportFileKey('pans', '0'.repeat(16), 'a.png'), 'e');
  await store.put('identity.json', '{}');
  const usage = await countStorage(store);
  const parts = usage?.parts.map(
    ({ kind, of, objects, bytes }) => `${kind} ${of} ${objects} ${kind === 'other' ? '' : bytes}`,
  );
  // The note that somebody counts is one of the others.
  expect(parts?.sort()).toEqual([
    'exports pans 1 1',
    'keys tiny 2 30',
    'keys tiny-layer3 1 5',
    'masks null 1 7',
    'other null 2 ',
  ]);
  expect(usage?.objects).toBe(7);
  expect((await storageLevel(store)).used).toBe(usage?.bytes);
});

test('is counted by one process at a time, and by another once that one is silent', async () => {
  await store.put('storage/counting.txt', 'somebody');
  expect(await countStorage(store)).toBeUndefined();
  const long = new Date(Date.now() - 200_000);
  utimesSync(join(folder, 'storage/counting.txt'), long, long);
  expect(await countStorage(store)).toMatchObject({ objects: 1 });
  expect(await store.head('storage/counting.txt')).toBeUndefined();
});

test('warns from 80 % of the quota on, and refuses new work at 100 %, with what, how much and what to do', async () => {
  const used = (bytes: number) => levelOf({ bytes, counted: '' }, 1e12, null);
  expect(used(799e9)).toMatchObject({ level: 'ok', reason: '' });
  expect(used(8e11)).toMatchObject({ level: 'warning' });
  expect(used(1.02e12)).toMatchObject({
    level: 'full',
    reason:
      'the store holds 1.02 TB, 102 % of its quota of 1 TB; saltworks storage shows what may go, SALTWORKS_QUOTA sets the quota',
  });
  await store.put(
    storageUsageKey,
    JSON.stringify({ version: 1, counted: '', seconds: 1, objects: 1, bytes: 10, parts: [] }),
  );
  await expectStorage(store);
  await setQuota(store, 10);
  await expect(expectStorage(store)).rejects.toThrow(StorageFullError);
  await setQuota(store, null);
  await expectStorage(store);
});

test('a disk keeps a reserve for strokes: a share of a small one, 1 GiB of a large one', () => {
  const disk = (free: number, total = 1e9) => levelOf(undefined, null, { folder: '/d', free, total });
  expect([0.3e9, 0.19e9, 0.04e9].map((free) => disk(free).level)).toEqual(['ok', 'warning', 'full']);
  expect(disk(0.04e9).reason).toMatch(/^no room in \/d: 40 MB free; expected 50 MB, which strokes/);
  expect(disk(50e9, 10e12).level).toBe('ok');
  expect(reserveOf({ total: 10e12 })).toBe(2 ** 30);
});

test('views go by their age, part by part, and nothing else does; so do probes that were left', async () => {
  const old = new Date(Date.now() - 40 * 86_400_000);
  for (const key of [
    viewKey(a),
    thumbnailKey(a),
    viewKey(b),
    maskKey(a, '.png'),
    probeKey('left'),
    probeKey('young'),
  ]) {
    await store.put(key, 'v'.repeat(4));
    if (key !== viewKey(b) && key !== probeKey('young')) utimesSync(join(folder, key), old, old);
  }
  expect(await expireViews(store, new Date(Date.now() - 30 * 86_400_000))).toEqual({
    removed: 2,
    bytes: 8,
    next: null,
  });
  expect(await store.head(viewKey(b))).toBeDefined();
  expect(await store.head(maskKey(a, '.png'))).toBeDefined();
  await mkdir(join(folder, '.partial'), { recursive: true });
  writeFileSync(join(folder, '.partial/x'), 'half');
  utimesSync(join(folder, '.partial/x'), old, old);
  expect(await expireLeftovers(store)).toEqual({ removed: 2, bytes: 4 });
  expect(await store.head(probeKey('young'))).toBeDefined();
});

test('amounts have three digits and a unit', () => {
  expect([0, 999, 1000, 33_549_312, 1.5e9, 1e12].map(amount)).toEqual([
    '0 B',
    '999 B',
    '1 kB',
    '33.5 MB',
    '1.5 GB',
    '1 TB',
  ]);
});
