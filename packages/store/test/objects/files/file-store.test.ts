import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileStore } from '../../../src/objects/files/file-store.ts';
import type { ObjectStore } from '../../../src/objects/store.ts';
import { collect, random, text } from '../../bytes.ts';

let folder: string;
let root: string;
let store: ObjectStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-fs-'));
  root = join(folder, 'objects');
  store = fileStore(root);
});
afterEach(() => rmSync(folder, { recursive: true }));

const keysOf = async (prefix = '') => (await collect(store.list(prefix))).map(({ key }) => key);
const partials = () => (existsSync(join(root, '.partial')) ? readdirSync(join(root, '.partial')) : []);

test('the first object makes the folder; reading does not', async () => {
  expect(await store.head('a.x')).toBeUndefined();
  expect(await keysOf()).toEqual([]);
  await store.delete('a.x');
  expect(existsSync(root)).toBe(false);
  await store.put('a/b.x', 'here');
  expect(readFileSync(join(root, 'a/b.x'), 'utf8')).toBe('here');
});

test('the folder itself may be a link', async () => {
  mkdirSync(join(folder, 'disk'));
  symlinkSync('disk', root);
  await store.put('a/b.x', 'here');
  expect(text(await store.get('a/b.x'))).toBe('here');
  expect(await keysOf('a/')).toEqual(['a/b.x']);
});

test('a file in place of the folder is refused', () => {
  writeFileSync(root, '');
  expect(() => fileStore(root)).toThrow(`${root} is a file; expected a folder`);
});

test('URLs are file: URLs', async () => {
  await store.put('a b/ü#?.x', 'here');
  const url = new URL(await store.presign('a b/ü#?.x', 60));
  expect(url.protocol).toBe('file:');
  expect(readFileSync(url, 'utf8')).toBe('here');
});

describe('an object and a folder of one name', () => {
  const refusal = /^object \S+ cannot lie in \S+ beside an object or folder of the same name; expected keys/;
  test.each(['put', 'putIfAbsent'] as const)('are refused by %s', async (write) => {
    await store.put('a/b.x', 'below');
    await expect(store[write]('a', '')).rejects.toThrow(refusal);
    await expect(store[write]('a/b.x/c.x', '')).rejects.toThrow(refusal);
    await expect(store[write]('a/b.x/c/d.x', '')).rejects.toThrow(InvalidInputError);
    expect(await keysOf()).toEqual(['a/b.x']);
    expect(partials()).toEqual([]);
  });
});

describe('symbolic links', () => {
  beforeEach(async () => {
    mkdirSync(join(folder, 'outside/deep'), { recursive: true });
    writeFileSync(join(folder, 'outside/secret.x'), 'secret');
    await store.put('inside/a.x', 'a');
    symlinkSync('../outside', join(root, 'way-out'));
    symlinkSync('../../outside/secret.x', join(root, 'inside/file-out.x'));
    symlinkSync('inside', join(root, 'way-in'));
    symlinkSync('nowhere', join(root, 'dangling'));
  });

  const keys = [
    'way-out/secret.x',
    'way-out/new.x',
    'way-out/deep/er/new.x',
    'inside/file-out.x',
    'way-in/a.x',
    'dangling/a.x',
  ];

  test.each(keys)('%s is not read', async (key) => {
    const message = `object ${key} lies behind a symbolic link in ${root}; expected folders and files only`;
    for (const call of [() => store.get(key), () => collect(store.stream(key)), () => store.head(key)]) {
      const error = await call().then(
        () => undefined,
        (error) => error,
      );
      // A broken link, or a folder without the object, counts as a missing object.
      if (error?.name !== 'ObjectMissingError' && error !== undefined) expect(error.message).toBe(message);
    }
    await expect(store.get(key)).rejects.toThrow();
  });

  test.each(keys)('%s is not written through', async (key) => {
    const before = readdirSync(join(folder, 'outside'), { recursive: true });
    await store.put(key, 'new').catch(() => {});
    await store.putIfAbsent(key, 'new').catch(() => {});
    await store.delete(key).catch(() => {});
    expect(readdirSync(join(folder, 'outside'), { recursive: true })).toEqual(before);
    expect(readFileSync(join(folder, 'outside/secret.x'), 'utf8')).toBe('secret');
    expect(text(await store.get('inside/a.x'))).toBe('a');
    expect(existsSync(join(root, 'nowhere'))).toBe(false);
    expect(partials()).toEqual([]);
  });

  test('are left out of listings', async () => {
    expect(await keysOf()).toEqual(['inside/a.x']);
    expect(await keysOf('way')).toEqual([]);
    await expect(keysOf('way-out/')).rejects.toThrow('lies behind a symbolic link');
  });

  test('that replace .partial are refused', async () => {
    rmSync(join(root, '.partial'), { recursive: true });
    symlinkSync('../outside', join(root, '.partial'));
    await expect(store.put('a.x', '')).rejects.toThrow('lies behind a symbolic link');
    expect(readdirSync(join(folder, 'outside')).sort()).toEqual(['deep', 'secret.x']);
  });
});

test('writers and removers of one folder do not disturb each other', async () => {
  const lanes = Array.from({ length: 4 }, async (_, lane) => {
    for (let i = 0; i < 25; i++) {
      await store.put(`shared/folder/${lane}.x`, `${i}`);
      expect(text(await store.get(`shared/folder/${lane}.x`))).toBe(`${i}`);
      await store.delete(`shared/folder/${lane}.x`);
    }
  });
  await Promise.all(lanes);
  expect(await keysOf()).toEqual([]);
});

test('entries that are no objects are left out of listings', async () => {
  await store.put('a.x', 'a');
  writeFileSync(join(root, 'back\\slash'), '');
  writeFileSync(join(root, 'new\nline'), '');
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]), '');
  mkdirSync(join(root, 'empty/folder'), { recursive: true });
  spawnSync('mkfifo', [join(root, 'pipe')]);
  expect(await keysOf()).toEqual(['a.x']);
  // Opening it would wait for a writer.
  await expect(store.get('pipe')).rejects.toThrow('no object pipe');
});

test('an unfinished write is left out of listings', async () => {
  let go = () => {};
  const wait = new Promise<void>((resolve) => {
    go = resolve;
  });
  async function* source() {
    yield new Uint8Array(10);
    await wait;
  }
  const writing = store.putStream('a.x', source());
  await expect.poll(partials).toHaveLength(1);
  expect(await keysOf()).toEqual([]);
  go();
  await writing;
  expect(await keysOf()).toEqual(['a.x']);
  expect(partials()).toEqual([]);
});

test('opening removes leftovers older than an hour, but no younger ones and no objects', async () => {
  await store.put('old.x', 'old');
  const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3600_000);
  for (const [name, hours] of [['dead', 1.01] as const, ['alive', 0.99] as const]) {
    writeFileSync(join(root, '.partial', name), '');
    utimesSync(join(root, '.partial', name), hoursAgo(hours), hoursAgo(hours));
  }
  utimesSync(join(root, 'old.x'), hoursAgo(100), hoursAgo(100));
  store = fileStore(root);
  expect(partials()).toEqual(['alive']);
  expect(await keysOf()).toEqual(['old.x']);
});

test('a writer killed at any moment leaves no half object', async () => {
  const next = random(11);
  const script = fileURLToPath(new URL('writer.mjs', import.meta.url));
  let leftovers = 0;
  // Until some were killed in the middle of a write.
  for (let kill = 0; kill < 15 || (leftovers < 3 && kill < 100); kill++) {
    const child = spawn(process.execPath, [script, root, String(kill)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    await once(child.stdout!, 'data');
    await sleep(next() * 120);
    child.kill('SIGKILL');
    await closed;
    leftovers += partials().length;
    rmSync(join(root, '.partial'), { recursive: true, force: true });
    for (const { key, size } of await collect(store.list(''))) {
      const [, told, byte] = /(\d+)-(\d+)\.x$/.exec(key)!.map(Number);
      expect(size).toBe(told);
      const bytes = await store.get(key);
      expect(Buffer.compare(bytes, Buffer.alloc(told, byte)), key).toBe(0);
      await store.delete(key);
    }
  }
  expect(leftovers).toBeGreaterThan(2);
});

/** A mount of its own needs a user namespace, which not every machine grants. */
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0;

test.runIf(canMount)('a write on a full disk fails with a clear message and leaves nothing behind', () => {
  const script = `
    import { readdirSync } from 'node:fs';
    import { fileStore } from '@saltworks/store/objects/files/file-store';
    const store = fileStore('/mnt');
    const big = new Uint8Array(3_000_000);
    async function* chunks() { for (let at = 0; at < big.length; at += 10_000) yield big.subarray(at, at + 10_000); }
    await store.put('a.x', 'small');
    const messages = [];
    for (const write of [() => store.put('sub/a.x', big), () => store.putIfAbsent('b.x', big), () => store.putStream('a.x', chunks())]) {
      messages.push(await write().then(() => 'written', ({ name, message }) => name + ': ' + message));
    }
    const left = readdirSync('/mnt', { recursive: true }).sort();
    console.log(JSON.stringify({ messages, left, text: Buffer.from(await store.get('a.x')).toString() }));`;
  const here = fileURLToPath(new URL('.', import.meta.url));
  const command = `mount -t tmpfs -o size=1m none /mnt && exec "$0" --input-type=module -e "$1"`;
  const run = spawnSync('unshare', ['-rm', 'sh', '-c', command, process.execPath, script], {
    cwd: here,
    encoding: 'utf8',
  });
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toEqual({
    messages: Array(3).fill('UnwritableError: no room in /mnt: 0 MB free; expected more'),
    left: ['.partial', 'a.x'],
    text: 'small',
  });
});

test.runIf(process.getuid?.() !== 0)('a folder without write permission is named as such', async () => {
  mkdirSync(root, { mode: 0o500 });
  await expect(store.put('a.x', '')).rejects.toThrow(`no permission to write to ${root}`);
});

test('a file holds exactly the bytes and has one link', async () => {
  await store.put('a.x', 'bytes');
  expect(statSync(join(root, 'a.x'))).toMatchObject({ size: 5, nlink: 1 });
  await store.putIfAbsent('b.x', 'bytes');
  expect(statSync(join(root, 'b.x'))).toMatchObject({ size: 5, nlink: 1 });
});
