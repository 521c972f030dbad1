/** The contract of every store, held by a folder and by a real S3 server. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { fileStore } from '../../src/objects/files/file-store.ts';
import { s3Store } from '../../src/objects/s3/s3-store.ts';
import { ObjectMissingError, type ObjectStore } from '../../src/objects/store.ts';
import { collect, expectSame, inChunks, inParallel, joined, random, randomBytes, text } from '../bytes.ts';
import { findS3, type S3Server, startS3 } from './server.ts';

const MiB = 1024 * 1024;
const s3 = findS3();
/** S3 servers take milliseconds for each object, so a few pages of a listing have to be enough there. */
const MANY = Number(process.env.SALTWORKS_TEST_OBJECTS) || undefined;

const targets = [
  {
    name: 'a folder',
    there: true,
    start: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'saltworks-store-'));
      return {
        open: () => fileStore(join(folder, randomUUID())),
        stop: async () => rmSync(folder, { recursive: true }),
      };
    },
    many: MANY ?? 10_000,
    races: 200,
    /** seaweedfs lists folder by folder, `a/b` before `a-b`, and an `after` that names a folder skips all of it. */
    comparesWholeKeys: true,
  },
  {
    name: `S3 (${s3?.kind ?? 'no server'})`,
    there: s3 !== undefined,
    start: async () => {
      const server: S3Server = await startS3();
      const open = () => s3Store({ ...server, credentials: server, prefix: randomUUID() });
      return { open, stop: server.stop };
    },
    many: MANY ?? 2_100,
    /** seaweedfs now and then sleeps for a second over a lock. */
    races: s3?.kind === 'seaweedfs' ? 5 : 40,
    comparesWholeKeys: s3?.kind !== 'seaweedfs',
  },
];

const KEYS = [
  'plain.txt',
  'deep/er/and/deeper/still.bin',
  'with spaces in it.x',
  ' leading and trailing ',
  'percent %41 %2F %.x',
  'plus+hash#question?.x',
  'amp&semi;colon:equals=at@.x',
  `quotes ' " <angle> {brace} [square] ~ ! $ * ( ) , |.x`,
  'ünïcödé/日本語/😀.x',
  'composed-é.x',
  'decomposed-é.x',
  '.hidden',
  '...x',
  'a/.partial/b.x',
  'CaSe.x',
  `${'n'.repeat(253)}.x`,
  `${'deep/'.repeat(180)}long.x`,
];

const ILLEGAL = [
  ...['', '/', 'a/', '/a', 'a//b', '.', '..', './a', 'a/.', 'a/../b', '../a'],
  ...['a\\b', 'a\0b', 'a\nb', 'a\x7f', 'half \ud800 pair', 'non\uffff', '.partial', '.partial/a'],
  ...['n'.repeat(256), 'ü'.repeat(128), `${'d'.repeat(200)}/`.repeat(6)],
];

const bytewise = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const keysOf = async (store: ObjectStore, prefix: string, after?: string) =>
  (await collect(store.list(prefix, { after }))).map(({ key }) => key);

/** Like toEqual(), which is slow for thousands. */
const expectLines = (found: string[], expected: string[]) => expect(found.join('\n')).toBe(expected.join('\n'));

describe.each(targets.filter(({ there }) => there))('$name', ({ start, many, races, comparesWholeKeys }) => {
  let running: Awaited<ReturnType<typeof start>>;
  let store: ObjectStore;
  beforeAll(async () => {
    running = await start();
  });
  afterAll(() => running?.stop());
  beforeEach(() => {
    store = running.open();
  });

  describe('bytes', () => {
    test.each([
      ['no bytes', new Uint8Array(0)],
      ['one zero', new Uint8Array(1)],
      ['every byte', Uint8Array.from({ length: 256 }, (_, i) => i)],
      ['3 MB of noise', randomBytes(3_000_001, 1)],
    ])('come back unchanged: %s', async (_, bytes) => {
      await store.put('a.bin', bytes);
      const read = await store.get('a.bin');
      expectSame(read, bytes);
      expect(read.buffer.byteLength).toBe(bytes.length);
      expectSame(await joined(store.stream('a.bin')), bytes);
      expect(await store.head('a.bin')).toMatchObject({ key: 'a.bin', size: bytes.length });
      expect(await store.putIfAbsent('b.bin', bytes)).toBe(true);
      expectSame(await store.get('b.bin'), bytes);
    });

    test('text is UTF-8', async () => {
      await store.put('a.txt', 'ü 😀');
      expect(text(await store.get('a.txt'))).toBe('ü 😀');
      await store.put('empty.txt', '');
      expect((await store.get('empty.txt')).length).toBe(0);
    });

    test('put replaces and changes the etag', async () => {
      await store.put('a.x', 'first');
      const first = await store.head('a.x');
      expect(await store.head('a.x')).toEqual(first);
      await store.put('a.x', 'other');
      const second = await store.head('a.x');
      expect(second!.etag).not.toBe(first!.etag);
      // Clocks of stores may differ from ours, but not by days.
      expect(Math.abs(second!.modified.getTime() - Date.now())).toBeLessThan(86_400_000);
      expect(text(await store.get('a.x'))).toBe('other');
      expect(await collect(store.list(''))).toEqual([second]);
    });

    test('a reader sees one version, never a mixture of two', async () => {
      const size = 300_000;
      await store.put('a.x', new Uint8Array(size));
      let writing = true;
      const readers = Array.from({ length: 3 }, async () => {
        for (let reads = 0; writing || reads === 0; reads++) {
          const bytes = await store.get('a.x');
          expect(bytes.length).toBe(size);
          expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
        }
      });
      for (let version = 1; version <= 20; version++) await store.put('a.x', new Uint8Array(size).fill(version));
      writing = false;
      await Promise.all(readers);
    });

    test('missing objects are reported as missing', async () => {
      await store.put('a/b.x', 'there');
      for (const key of ['nothing.x', 'a', 'a/c.x', 'no/such/folder.x']) {
        const missing = new ObjectMissingError(key);
        await expect(store.get(key)).rejects.toThrow(missing);
        await expect(store.get(key)).rejects.toMatchObject({ name: 'ObjectMissingError', key });
        await expect(store.get(key, { range: { start: 2, end: 4 } })).rejects.toThrow(missing);
        await expect(store.get(key, { range: { start: 2, end: 2 } })).rejects.toThrow(missing);
        await expect(joined(store.stream(key))).rejects.toThrow(missing);
        expect(await store.head(key)).toBeUndefined();
      }
      expect(await keysOf(store, 'nothing')).toEqual([]);
    });

    test('delete removes one object and does nothing where there is none', async () => {
      await store.put('a/b/c.x', '1');
      await store.put('a/b/d.x', '2');
      await store.delete('a/b/c.x');
      expect(await store.head('a/b/c.x')).toBeUndefined();
      expect(await keysOf(store, '')).toEqual(['a/b/d.x']);
      for (const key of ['a/b/c.x', 'a', 'a/b', 'x/y/z.x']) await store.delete(key);
      expect(await keysOf(store, '')).toEqual(['a/b/d.x']);
      await store.delete('a/b/d.x');
      expect(await keysOf(store, '')).toEqual([]);
      // The folder's name is free again.
      await store.put('a/b', 'an object');
      expect(text(await store.get('a/b'))).toBe('an object');
    });
  });

  describe('ranges', () => {
    const bytes = randomBytes(1000, 7);
    const { POSITIVE_INFINITY } = Number;
    test.each([
      [0, 1],
      [0, 1000],
      [999, 1000],
      [200, 300],
      [500, 5000],
      [0, POSITIVE_INFINITY],
      [10, POSITIVE_INFINITY],
      [1000, 1001],
      [5000, POSITIVE_INFINITY],
      [3, 3],
      [0, 0],
    ])('%i to %i', async (from, to) => {
      await store.put('a.x', bytes);
      const range = { start: from, end: to };
      expect(await store.get('a.x', { range })).toEqual(bytes.slice(from, to));
      expect(await joined(store.stream('a.x', { range }))).toEqual(bytes.slice(from, to));
    });

    test('of an object without bytes are empty', async () => {
      await store.put('a.x', '');
      expect(await store.get('a.x', { range: { start: 0, end: 10 } })).toEqual(new Uint8Array(0));
      expect(await joined(store.stream('a.x', { range: { start: 0, end: 10 } }))).toEqual(new Uint8Array(0));
    });

    test.each([
      [-1, 2],
      [2, 1],
      [0.5, 2],
      [0, Number.NaN],
      [POSITIVE_INFINITY, POSITIVE_INFINITY],
    ])('%d to %d is refused', async (from, to) => {
      const range = { start: from, end: to };
      await expect(store.get('a.x', { range })).rejects.toThrow(InvalidInputError);
      await expect(joined(store.stream('a.x', { range }))).rejects.toThrow(`range ${from} to ${to}; expected`);
    });
  });

  describe('keys', () => {
    test.each(KEYS)('%s', async (key) => {
      await store.put(key, key);
      expect(text(await store.get(key))).toBe(key);
      expect(await store.putIfAbsent(key, '')).toBe(false);
      expect((await store.head(key))?.size).toBe(Buffer.byteLength(key));
      expect(await keysOf(store, '')).toEqual([key]);
      expect(await keysOf(store, [...key].slice(0, 2).join(''))).toEqual([key]);
      expect(await keysOf(store, key)).toEqual([key]);
      expect(await keysOf(store, '', key)).toEqual([]);
      await store.delete(key);
      expect(await keysOf(store, '')).toEqual([]);
    });

    test.each(ILLEGAL.map((key) => [JSON.stringify(key).slice(0, 30), key]))('%s is refused', async (_, key) => {
      const calls = [
        () => store.get(key),
        () => joined(store.stream(key)),
        () => store.put(key, ''),
        () => store.putStream(key, inChunks(new Uint8Array(1), 1)),
        () => store.putIfAbsent(key, ''),
        () => store.head(key),
        () => store.delete(key),
        () => store.presign(key, 60),
      ];
      for (const call of calls) {
        const error = await call().then(
          () => undefined,
          (error) => error,
        );
        expect(error).toBeInstanceOf(InvalidInputError);
        expect(error.message).toMatch(/^object key .*; expected .*$/);
      }
      expect(await keysOf(store, '')).toEqual([]);
    });

    test('a prefix that starts no key is refused', async () => {
      for (const prefix of ['/', 'a//', '../', 'a/../', './', '\0', 'a\\', '.partial/']) {
        await expect(collect(store.list(prefix))).rejects.toThrow(/^prefix .*; expected the start of an object key$/);
      }
    });
  });

  describe('creating', () => {
    test('one of many callers creates, and its bytes stay', async () => {
      const rounds = Array.from({ length: races }, (_, round) => `races/${round}.x`);
      await inParallel(rounds, 8, async (key) => {
        const racers = Array.from({ length: 16 }, (_, i) => store.putIfAbsent(key, `racer ${i}`));
        const won = await Promise.all(racers);
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(text(await store.get(key))).toBe(`racer ${won.indexOf(true)}`);
      });
    });

    test('keeps an existing object, and creates it again after a delete', async () => {
      await store.put('a.x', 'first');
      expect(await store.putIfAbsent('a.x', 'second')).toBe(false);
      expect(text(await store.get('a.x'))).toBe('first');
      await store.delete('a.x');
      expect(await store.putIfAbsent('a.x', 'second')).toBe(true);
      expect(text(await store.get('a.x'))).toBe('second');
    });
  });

  describe('listing', () => {
    test(`of ${many} objects, in order, by pages and by prefixes`, async () => {
      const next = random(3);
      const letters = ['a', 'b', 'z', '0', '9', 'é', '日', '😀', '+', ' '];
      const name = () => Array.from({ length: 8 }, () => letters[Math.floor(next() * letters.length)]).join('');
      const keys = new Set<string>();
      while (keys.size < many) {
        const shard = Math.floor(next() * 64)
          .toString(16)
          .padStart(2, '0');
        keys.add(`keys/${shard}/${name()}.x`);
      }
      await inParallel([...keys], 16, (key) => store.put(key, ''));
      const sorted = [...keys].sort(bytewise);
      expectLines(await keysOf(store, ''), sorted);

      const paged: string[] = [];
      for (let page: string[] = []; page.length > 0 || paged.length === 0; paged.push(...page)) {
        page = (await collect(store.list('keys/', { after: paged.at(-1) }), 777)).map(({ key }) => key);
        if (page.length === 0) break;
      }
      expectLines(paged, sorted);

      const [some, other] = [sorted[Math.floor(many / 3)], sorted[Math.floor(many / 2)]];
      const prefixes = ['k', 'keys/0', 'keys/1f/', 'keys/1f/😀', some, 'keyz'];
      const afters = ['a', 'keys/20/a', some, other, 'z'];
      if (comparesWholeKeys) afters.push('keys', 'keys/', 'keys/1f', 'keys/1f/');
      for (const prefix of prefixes) {
        const expected = sorted.filter((key) => key.startsWith(prefix));
        expectLines(await keysOf(store, prefix), expected);
        for (const after of afters) {
          const rest = expected.filter((key) => bytewise(key, after) > 0);
          const found = (await collect(store.list(prefix, { after }), 20)).map(({ key }) => key);
          expect(found, `${prefix} after ${after}`).toEqual(rest.slice(0, 20));
        }
      }
    });

    test.runIf(comparesWholeKeys)('compares whole keys by their UTF-8 bytes', async () => {
      const keys = [
        'a.x',
        'a-b.x',
        'a/b.x',
        'a/b/c.x',
        'a/b-c.x',
        'ab.x',
        'a b/c.x',
        'a0/c.x',
        '\ue000.x',
        '😀.x',
        'é.x',
      ];
      for (const key of keys) await store.put(key, key);
      const sorted = keys.sort(bytewise);
      expect(await keysOf(store, '')).toEqual(sorted);
      for (const after of [...sorted, 'a', 'a-', 'a/', 'a/b', 'a/b/', 'a0', '\uf000']) {
        expect(await keysOf(store, '', after), after).toEqual(sorted.filter((key) => bytewise(key, after) > 0));
      }
      for (const prefix of ['a', 'a/', 'a/b', 'a/b/', 'a ', 'é']) {
        expect(await keysOf(store, prefix), prefix).toEqual(sorted.filter((key) => key.startsWith(prefix)));
      }
    });

    test('gives the same information as head', async () => {
      await store.put('a/1.x', '1');
      await store.put('a/22.x', '22');
      expect(await collect(store.list('a/'))).toEqual([await store.head('a/1.x'), await store.head('a/22.x')]);
    });
  });

  describe('streams', () => {
    test('of 40 MB go in and come out', async () => {
      const bytes = Buffer.alloc(40 * MiB + 13, randomBytes(65_521, 5));
      await store.putStream('big.bin', inChunks(bytes, 3 * MiB));
      expect((await store.head('big.bin'))?.size).toBe(bytes.length);
      expectSame(await store.get('big.bin'), bytes);
      const chunks = await collect(store.stream('big.bin'));
      expect(chunks.length).toBeGreaterThan(100);
      expectSame(Buffer.concat(chunks), bytes);
      const range = { start: 16 * MiB - 5, end: 32 * MiB + 5 };
      expectSame(await store.get('big.bin', { range }), bytes.subarray(range.start, range.end));
    });

    test.each([0, 1, 16 * MiB, 32 * MiB])('of %i bytes', async (length) => {
      const bytes = Buffer.alloc(length, 'salt');
      await store.putStream('a.bin', inChunks(bytes, 5 * MiB));
      expectSame(await store.get('a.bin'), bytes);
    });

    test('take constant memory', async () => {
      const chunk = new Uint8Array(MiB).fill(1);
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      async function* source() {
        for (let i = 0; i < 100; i++) {
          most = Math.max(most, process.memoryUsage().arrayBuffers - before);
          yield chunk;
        }
      }
      await store.putStream('big.bin', source());
      expect(most).toBeLessThan(80 * MiB);
      most = 0;
      let size = 0;
      for await (const { length } of store.stream('big.bin')) {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
        size += length;
      }
      expect(size).toBe(100 * MiB);
      expect(most).toBeLessThan(80 * MiB);
    });

    test.each([0, 5, 20])('that fail after %i MB leave the previous object', async (length) => {
      const failure = new Error('the source broke');
      async function* source() {
        for (let i = 0; i < length; i++) yield new Uint8Array(MiB);
        throw failure;
      }
      await expect(store.putStream('new.bin', source())).rejects.toBe(failure);
      await store.put('old.bin', 'old');
      await expect(store.putStream('old.bin', source())).rejects.toBe(failure);
      expect(await keysOf(store, '')).toEqual(['old.bin']);
      expect(text(await store.get('old.bin'))).toBe('old');
    });

    test('can be abandoned early', async () => {
      await store.put('a.bin', new Uint8Array(5 * MiB));
      for (let i = 0; i < 20; i++) expect(await collect(store.stream('a.bin'), 1)).toHaveLength(1);
    });
  });

  describe('signals', () => {
    const reason = new Error('no longer wanted');

    test('aborted before a call stop it', async () => {
      await store.put('a.x', 'old');
      const options = { signal: AbortSignal.abort(reason) };
      await expect(store.get('a.x', options)).rejects.toBe(reason);
      await expect(joined(store.stream('a.x', options))).rejects.toBe(reason);
      await expect(store.put('a.x', 'new', options)).rejects.toBe(reason);
      await expect(store.putStream('a.x', inChunks(new Uint8Array(9), 3), options)).rejects.toBe(reason);
      await expect(store.putIfAbsent('b.x', '', options)).rejects.toBe(reason);
      await expect(store.head('a.x', options)).rejects.toBe(reason);
      await expect(collect(store.list('', options))).rejects.toBe(reason);
      await expect(store.delete('a.x', options)).rejects.toBe(reason);
      expect(await keysOf(store, '')).toEqual(['a.x']);
      expect(text(await store.get('a.x'))).toBe('old');
    });

    test('aborted while a source hangs close the source, and no object appears', async () => {
      const control = new AbortController();
      const chunk = new Uint8Array(MiB);
      let told = false;
      const source: AsyncIterable<Uint8Array> = {
        [Symbol.asyncIterator]() {
          let left = 20;
          return {
            next: () => (left-- > 0 ? Promise.resolve({ done: false, value: chunk }) : new Promise<never>(() => {})),
            return: async () => {
              told = true;
              return { done: true, value: undefined };
            },
          };
        },
      };
      const writing = store.putStream('a.bin', source, { signal: control.signal });
      setTimeout(() => control.abort(reason), 300);
      await expect(writing).rejects.toBe(reason);
      expect(told).toBe(true);
      expect(await keysOf(store, '')).toEqual([]);
    });

    test('aborted during a read end it', async () => {
      await store.put('a.bin', new Uint8Array(20 * MiB));
      const control = new AbortController();
      const chunks = store.stream('a.bin', { signal: control.signal })[Symbol.asyncIterator]();
      await chunks.next();
      control.abort(reason);
      await expect(chunks.next()).rejects.toBe(reason);

      const infos = store.list('', { signal: control.signal })[Symbol.asyncIterator]();
      await expect(infos.next()).rejects.toBe(reason);
    });

    test('keep no listeners', async () => {
      const { signal } = new AbortController();
      let listening = 0;
      const add = signal.addEventListener.bind(signal);
      const remove = signal.removeEventListener.bind(signal);
      signal.addEventListener = ((...args: Parameters<typeof add>) => {
        listening++;
        add(...args);
      }) as typeof add;
      signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
        listening--;
        remove(...args);
      }) as typeof remove;
      await store.put('a.x', 'x', { signal });
      await store.putStream('a.x', inChunks(new Uint8Array(99), 9), { signal });
      await joined(store.stream('a.x', { signal }));
      await store.get('a.x', { signal });
      // The SDK removes its own listener when the connection is free again.
      await expect.poll(() => listening).toBeLessThanOrEqual(0);
    });
  });

  test('URLs for 0 seconds or more than a week are refused', async () => {
    for (const seconds of [0, -1, 1.5, Number.NaN, 604_801]) {
      await expect(store.presign('a.x', seconds)).rejects.toThrow(`a URL for ${seconds} seconds; expected`);
    }
    expect(await store.presign('a.x', 604_800)).toMatch(/^(file|http):/);
  });

  test('a listing survives deletes at the same time', async () => {
    await inParallel(
      Array.from({ length: 200 }, (_, i) => `many/${i % 10}/${i}.x`),
      16,
      (key) => store.put(key, ''),
    );
    for await (const { key } of store.list('many/')) await store.delete(key);
    await sleep(0);
    expect(await keysOf(store, '')).toEqual([]);
  });
});
