import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backupIds, findBackup } from '../../dist/backups/manifests.js';
import { pruneBackups } from '../../dist/backups/prune.js';
import { beginRestore } from '../../dist/backups/restore.js';
import { verifyBackup } from '../../dist/backups/verify.js';
import { fileStore } from '../../dist/objects/files/file-store.js';
import { storeIdentity } from '../../dist/objects/identity.js';
import { openStore } from '../../dist/objects/open.js';
import type { ObjectStore } from '../../dist/objects/store.js';
import { findS3, type S3Server, startS3 } from '../objects/server.ts';
import { create, dump, fill, isKept, restore, shaOf } from './sample.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-backups-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let folders = 0;
const folder = () => join(scratch, String(++folders));

async function objects(store: ObjectStore): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { key } of store.list('')) found[key] = shaOf(await store.get(key));
  return found;
}

const kept = (all: Record<string, string>) => Object.fromEntries(Object.entries(all).filter(([key]) => isKept(key)));

/** Numbers of a fixed sequence, from 0 to below `n`. */
function numbers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

function suite(place: () => ObjectStore): void {
  test('holds what cannot be made again, and gives it back to an empty store', async () => {
    const [store, to, restored] = [fileStore(folder()), place(), fileStore(folder())];
    await fill(store);
    const { sent, manifest, hash } = await create(store, to);
    expect(manifest.objects).toMatchObject({ count: Object.keys(kept(await objects(store))).length, absent: 1 });
    expect(sent.objects).toBe(manifest.objects.count);
    expect(manifest.database.rows).toBe(50);
    expect((await findBackup(to)).hash).toBe(hash);
    await verifyBackup(to, await findBackup(to));
    await restore(to, restored);
    expect(await objects(restored)).toEqual(kept(await objects(store)));
    await expect(restore(to, restored)).rejects.toThrow('a store with objects');
  });

  test('sends only what is new, and takes what was replaced', async () => {
    const [store, to, restored] = [fileStore(folder()), place(), fileStore(folder())];
    await fill(store);
    await create(store, to);
    const again = await create(store, to);
    // The database's part has its time.
    expect(again.sent.objects).toBe(0);
    await store.put('catalog/pans.json', '{"updated":2}');
    expect((await create(store, to)).sent.objects).toBe(1);
    await restore(to, restored);
    expect(await objects(restored)).toEqual(kept(await objects(store)));

    const all = await create(store, to, { extras: ['masks', 'exports'] });
    expect(all.sent.objects).toBe(3);

    expect(await backupIds(to)).toHaveLength(4);
    const { removed } = await pruneBackups(to, 1);
    expect(removed).toHaveLength(3);
    await verifyBackup(to, await findBackup(to));
    const pooled = Object.keys(await objects(to)).filter((key) => key.startsWith('pool/'));
    // The first catalog, and lists of backups that are gone, are gone.
    const { objects: listed, database } = all.manifest;
    expect(pooled.length).toBe(new Set(await contents(to)).size + listed.parts.length + database.parts.length + 1);
  });
}

/** sha256 of all that the newest backup names. */
async function contents(to: ObjectStore): Promise<string[]> {
  const restored = fileStore(folder());
  await restore(to, restored);
  return Object.values(await objects(restored));
}

describe('a backup in a folder', () => {
  suite(() => fileStore(folder()));

  test('is refused wherever it is cut or altered, in a line that names the part', async () => {
    const [store, place] = [fileStore(folder()), folder()];
    const to = fileStore(place);
    await fill(store);
    const { manifest } = await create(store, to);
    const keys = Object.keys(await objects(to));
    const next = numbers(7);
    for (let i = 0; i < 120; i++) {
      const key = keys[next(keys.length)];
      const bytes = await to.get(key);
      const altered = Uint8Array.from(bytes);
      const how = i % 3;
      if (how === 0) altered[next(bytes.length)] ^= 1 << next(8);
      await (how === 2 ? to.delete(key) : to.put(key, how === 1 ? bytes.slice(0, next(bytes.length)) : altered));
      const checked = async () => {
        const found = await findBackup(to);
        // The manifest's own hash is told where the backup is made.
        if (found.hash !== shaOf(`${JSON.stringify(manifest, null, 1)}\n`)) throw new Error('another manifest');
        await verifyBackup(to, found);
      };
      const error: Error = await checked().then(
        () => new Error(`nothing was noticed of ${key}, ${how}`),
        (error) => error,
      );
      expect(error.message).toMatch(/pool\/|manifest|backups?\b/);
      expect(error.message).not.toMatch(/\n|nothing was noticed/);
      await to.put(key, bytes);
    }
    await verifyBackup(to, await findBackup(to));
  });

  test('that was cut as it was restored leaves a store that is refused, until the restore is repeated', async () => {
    const [store, to, restored] = [fileStore(folder()), fileStore(folder()), fileStore(folder())];
    await fill(store);
    await create(store, to);
    const image = Object.keys(await objects(store)).filter((key) => key.startsWith('images/'))[9];
    const at = `pool/${image.slice(10, 12)}/${image.slice(10, 74)}`;
    const bytes = await to.get(at);
    await to.delete(at);
    await expect(restore(to, restored)).rejects.toThrow(`${image} (${at}) is missing`);
    await expect(storeIdentity(restored)).rejects.toThrow('a restore into this store has not ended');
    await to.put(at, bytes);
    await restore(to, restored);
    expect(await objects(restored)).toEqual(kept(await objects(store)));
  });

  test('is made by one command at a time; that of a dead process is no hindrance', async () => {
    const [store, to] = [fileStore(folder()), fileStore(folder())];
    await fill(store);
    let go = () => {};
    const wait = new Promise<void>((resolve) => {
      go = resolve;
    });
    async function* waiting() {
      for await (const line of dump()) {
        yield line;
        await wait;
      }
    }
    const first = create(store, to, { dump: waiting() });
    await expect.poll(() => to.head('lock.json')).toBeDefined();
    await expect(create(store, to)).rejects.toThrow(`process ${process.pid} of`);
    await expect(pruneBackups(to, 1)).rejects.toThrow('one command at a time');
    go();
    await first;
    const host = hostname();
    await to.put('lock.json', JSON.stringify({ version: 1, host, pid: 2 ** 22 - 3, at: new Date().toISOString() }));
    await create(store, to);
    await to.put('lock.json', JSON.stringify({ version: 1, host: 'x', pid: 1, at: '2026-01-01T00:00:00.000Z' }));
    await create(store, to);
    expect(await to.head('lock.json')).toBeUndefined();
  });

  test('a dump that was cut makes none', async () => {
    const [store, to] = [fileStore(folder()), fileStore(folder())];
    await fill(store);
    async function* cut() {
      let n = 0;
      for await (const line of dump()) {
        if (++n > 30) return;
        yield line;
      }
    }
    await expect(create(store, to, { dump: cut() })).rejects.toThrow('was cut');
    expect(await backupIds(to)).toEqual([]);
  });

  test('an image that is not what its name says is held as it is, and told', async () => {
    const [store, to] = [fileStore(folder()), fileStore(folder())];
    await fill(store);
    const image = `images/ab/${'ab'.repeat(32)}.jpg`;
    await store.put(image, 'other bytes');
    expect((await create(store, to)).damaged).toEqual([image]);
    await verifyBackup(to, await findBackup(to));
  });

  test('killed as it is made, and as it is restored, at any time: the next try ends well', async () => {
    const [source, place] = [folder(), folder()];
    const [store, to] = [fileStore(source), fileStore(place)];
    await fill(store, 40);
    const killed = async (command: string, from: string, into: string, after: number) => {
      const child = fork(fileURLToPath(new URL('./sample.mjs', import.meta.url)), [command, from, into]);
      let puts = 0;
      child.on('message', () => {
        if (++puts === after) child.kill('SIGKILL');
      });
      const [, signal] = await once(child, 'exit');
      expect(signal).toBe('SIGKILL');
    };
    for (const after of [1, 10, 10]) await killed('create', source, place, after);
    expect(await backupIds(to)).toEqual([]);
    await create(store, to);
    await verifyBackup(to, await findBackup(to));
    const into = folder();
    for (const after of [1, 10, 10]) {
      await killed('restore', place, into, after);
      await expect(storeIdentity(fileStore(into))).rejects.toThrow('has not ended');
    }
    expect(await beginRestore(fileStore(into), await findBackup(to))).toBe(true);
    await restore(to, fileStore(into));
    expect(await objects(fileStore(into))).toEqual(kept(await objects(store)));
  });
});

describe.skipIf(!findS3())('a backup in a bucket', () => {
  let server: S3Server;
  let prefixes = 0;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server?.stop());
  suite(() =>
    openStore(`s3://${server.bucket}/backups-${++prefixes}`, () => ({
      ...{ endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true },
      credentials: { accessKeyId: server.accessKeyId, secretAccessKey: server.secretAccessKey },
    })),
  );
});
