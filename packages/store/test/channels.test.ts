import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { channelNames, readChannel, removeChannel, setChannel } from '../src/channels.ts';
import { fileStore } from '../src/objects/files/file-store.ts';
import type { ObjectStore } from '../src/objects/store.ts';

let folder: string;
let store: ObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-channels-'));
  store = fileStore(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stands = { facet: 'key', set: '2026-11-29T00:00:00.000Z', by: null } as const;
const backbones = async (name: string) => (await readChannel(store, name)).map(({ backbone }) => backbone);

test('a channel stands for its newest entry, and keeps those before', async () => {
  expect(await readChannel(store, 'stable')).toEqual([]);
  expect(await setChannel(store, 'stable', { ...stands, backbone: 'a' })).toBe(true);
  expect(await setChannel(store, 'stable', { ...stands, backbone: 'b', layer: 9 })).toBe(true);
  // The same again is no news, whoever says it.
  expect(await setChannel(store, 'stable', { ...stands, backbone: 'b', layer: 9, by: 'ann' })).toBe(false);
  expect(await setChannel(store, 'stable', { ...stands, backbone: 'a' })).toBe(true);
  expect(await backbones('stable')).toEqual(['a', 'b', 'a']);
  await setChannel(store, 'experimental', { ...stands, backbone: 'c' });
  expect(await channelNames(store)).toEqual(['experimental', 'stable']);
});

test('of entries that are added at once none is lost', async () => {
  const names = Array.from({ length: 12 }, (_, i) => `b${i}`);
  await Promise.all(names.map((backbone) => setChannel(store, 'stable', { ...stands, backbone })));
  expect((await backbones('stable')).sort()).toEqual([...names].sort());
});

test('a channel is removed with its history', async () => {
  await setChannel(store, 'stable', { ...stands, backbone: 'a' });
  await setChannel(store, 'stable', { ...stands, backbone: 'b' });
  expect(await removeChannel(store, 'stable')).toBe(true);
  expect(await readChannel(store, 'stable')).toEqual([]);
  expect(await removeChannel(store, 'stable')).toBe(false);
});
