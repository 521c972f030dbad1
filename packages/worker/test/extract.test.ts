import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodePng } from '@saltworks/backbone/image/decode';
import { type ExtractReport, extractReport } from '@saltworks/contract/documents/reports';
import { InvalidInputError } from '@saltworks/contract/errors';
import { extractReportKey, keysId, keysKey } from '@saltworks/contract/layout';
import { decodeKeys, encodeKeys } from '@saltworks/core/formats/keys';
import { decodeSafeTensors, encodeSafeTensors } from '@saltworks/core/formats/safetensors';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { ObjectMissingError } from '@saltworks/store/objects/store';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findKeys } from '../src/cached-keys.ts';
import { extractShard } from '../src/extract.ts';
import {
  darkPicture,
  type Engine,
  height,
  importFiles,
  objectsBelow,
  openEngine,
  picture,
  pictures,
  pulse,
  removeEngine,
  rot,
  width,
} from './engine.ts';

const extract = { backbone: 'stub', facet: 'key' } as const;
const request = { dataset: 'd', shard: 0, extract };

let engine: Engine;
beforeEach(() => {
  engine = openEngine();
});
afterEach(() => removeEngine(engine));

const reportOf = async ({ store }: Engine): Promise<ExtractReport> =>
  (await readDocument(store, extractReportKey('d', 'stub', 0), extractReport))!;
const keysOf = ({ root }: Engine) => objectsBelow(root, ['keys/']);
const outputOf = ({ root }: Engine) => objectsBelow(root, ['keys/', 'datasets/d/extracted/']);

/** Attempts after attempt, each told what the last one said, as Temporal does. */
async function untilDone(engine: Engine, attempts: (() => { signal?: AbortSignal })[]) {
  let last: { next: number; done: number } | undefined;
  for (const attempt of attempts) {
    const beats = pulse({ last, ...attempt() });
    await extractShard(engine, request, beats).catch(() => {});
    last = beats.beats.at(-1) ?? last;
  }
  return extractShard(engine, request, pulse({ last }));
}

describe('a shard', () => {
  test('gets keys for every image, in files that name their origin', async () => {
    const images = await importFiles(engine.store, 'd', await pictures(3));
    const told = pulse();
    expect(await extractShard(engine, request, told)).toEqual({ images: 3, done: 3, cached: 0, failed: 0 });
    for (const { sha256 } of images) {
      const { keys, origin } = decodeKeys(await engine.store.get(keysKey('stub', sha256)));
      expect(keys).toMatchObject({ h: 4, w: 6, d: 4 });
      expect(origin).toEqual({
        ...{ backbone: 'stub', layer: 11, facet: 'key' },
        ...{ image: { width, height }, imageSha256: sha256 },
      });
    }
    expect(await reportOf(engine)).toEqual({ version: 1, images: 3, failures: [], views: 2 });
    expect(told.beats.map(({ next }) => next)).toEqual([0, 1, 2, 3]);
  });

  test('already done costs no inference, no image read and no backbone', async () => {
    await importFiles(engine.store, 'd', await pictures(3));
    await extractShard(engine, request, pulse());
    const before = outputOf(engine);
    engine.keys.opened = engine.keys.extracted = 0;
    engine.readObject = () => Promise.reject(new Error('expected no image to be read'));
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 3, done: 0, cached: 3, failed: 0 });
    expect(engine.keys).toMatchObject({ opened: 0, extracted: 0 });
    expect(outputOf(engine)).toEqual(before);
  });

  test('reuses keys that another dataset made from the same images', async () => {
    await importFiles(engine.store, 'e', { 'other name.png': await picture(1) });
    await extractShard(engine, { ...request, dataset: 'e' }, pulse());
    await importFiles(engine.store, 'd', await pictures(3));
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 3, done: 2, cached: 1, failed: 0 });
    expect(engine.keys.extracted).toBe(3);
  });

  test('is done once for each setting that gives other keys', async () => {
    const [image] = await importFiles(engine.store, 'd', await pictures(1));
    const settings = [
      extract,
      { ...extract, layer: 3 },
      { ...extract, facet: 'query' as const },
      { ...extract, longSide: 98 },
      { ...extract, codec: 'int8' },
      { ...extract, codec: 'pca-2' },
    ];
    for (const extract of settings) await extractShard(engine, { ...request, extract }, pulse());
    expect(engine.keys.extracted).toBe(6);
    expect(settings.map((extract) => keysId('stub', extract))).toEqual([
      'stub',
      'stub-layer3',
      'stub-query',
      'stub-98px',
      'stub+int8',
      'stub+pca-2',
    ]);
    const kept = await Promise.all(
      settings.map(async (extract) =>
        decodeKeys(await engine.store.get(keysKey(keysId('stub', extract), image.sha256))),
      ),
    );
    expect(kept.map(({ keys: { d, space } }) => [d, space])).toEqual([
      ...Array.from({ length: 5 }, () => [4, undefined]),
      [2, 4],
    ]);
  });

  test('that does not exist is missing', async () => {
    await expect(extractShard(engine, request, pulse())).rejects.toThrow(ObjectMissingError);
  });

  test('is read and decoded a little ahead of inference, never far', async () => {
    const files = await pictures(12);
    await importFiles(engine.store, 'd', files);
    const read = engine.readObject;
    let reads = 0;
    let most = 0;
    engine.readObject = (object, signal) => {
      most = Math.max(most, ++reads - engine.keys.extracted);
      return read(object, signal);
    };
    engine.keys.before = () => sleep(5);
    await extractShard({ ...engine, ahead: 3 }, request, pulse());
    expect(reads).toBe(12);
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(1);
  });
});

describe('existing keys', () => {
  test('are recognised by their header, without reading their data', async () => {
    const images = await importFiles(engine.store, 'd', await pictures(3));
    await extractShard(engine, request, pulse());
    await engine.store.delete(extractReportKey('d', 'stub', 0));
    const { store } = engine;
    let longest = 0;
    engine.store = {
      ...store,
      get(key, options) {
        if (key.startsWith('keys/')) longest = Math.max(longest, options?.range?.end ?? Number.POSITIVE_INFINITY);
        return store.get(key, options);
      },
    };
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 3, done: 0, cached: 3, failed: 0 });
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThanOrEqual(4096);
    expect(await findKeys(store, 'stub', images[0].sha256, new AbortController().signal)).toEqual({
      image: { width, height },
    });
    expect(await findKeys(store, 'stub', '0'.repeat(64), new AbortController().signal)).toBeUndefined();
  });

  test('of images of more than 8 bits, as earlier versions decoded them, are made again; others are not', async () => {
    const images = await importFiles(engine.store, 'd', { ...(await pictures(2)), 'dark.png': await darkPicture() });
    const dark = images[2];
    await extractShard(engine, request, pulse());
    const { keys, origin } = decodeKeys(await engine.store.get(keysKey('stub', dark.sha256)));
    expect(origin.window).toBe('480 2592');
    // What an earlier version left: keys that say of no window, and a shard that is through.
    const before = encodeKeys({ ...keys, data: keys.data.fill(0) }, { ...origin, window: undefined });
    await engine.store.put(keysKey('stub', dark.sha256), before);
    await engine.store.put(extractReportKey('d', 'stub', 0), JSON.stringify({ images: 3, failures: [] }));
    engine.keys.extracted = 0;
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 3, done: 1, cached: 2, failed: 0 });
    expect(engine.keys.extracted).toBe(1);
    expect(decodeKeys(await engine.store.get(keysKey('stub', dark.sha256))).origin.window).toBe('480 2592');
    engine.readObject = () => Promise.reject(new Error('expected no image to be read'));
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 3, done: 0, cached: 3, failed: 0 });
  });

  test('of a TIFF’s thumbnail, which earlier versions read, are made again', async () => {
    const file = new Uint8Array(
      await sharp(await picture(0))
        .tiff()
        .toBuffer(),
    );
    const [{ sha256 }] = await importFiles(engine.store, 'd', { 'a.tif': file });
    await extractShard(engine, request, pulse());
    const { keys, origin } = decodeKeys(await engine.store.get(keysKey('stub', sha256)));
    const before = encodeKeys(
      { ...keys, h: 1, w: 1, data: keys.data.slice(0, 4) },
      { ...origin, image: { width: 12, height: 8 } },
    );
    await engine.store.put(keysKey('stub', sha256), before);
    await engine.store.put(extractReportKey('d', 'stub', 0), JSON.stringify({ images: 1, failures: [], views: 1 }));
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 1, done: 1, cached: 0, failed: 0 });
    expect(decodeKeys(await engine.store.get(keysKey('stub', sha256)))).toEqual({ keys, origin });
  });

  test('that are torn or of another image are made again', async () => {
    const images = await importFiles(engine.store, 'd', await pictures(5));
    await extractShard(engine, request, pulse());
    const expected = outputOf(engine);
    await engine.store.delete(extractReportKey('d', 'stub', 0));
    const nameOf = (i: number) => keysKey('stub', images[i].sha256);
    const whole = await engine.store.get(nameOf(0));
    await engine.store.put(nameOf(0), whole.subarray(0, whole.length - 1));
    await engine.store.put(nameOf(1), whole.subarray(0, 100));
    await engine.store.put(nameOf(2), '');
    await engine.store.put(nameOf(3), whole);
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 5, done: 4, cached: 1, failed: 0 });
    expect(outputOf(engine)).toEqual(expected);
  });

  test('with changed bits are found, and made again, where all are verified', async () => {
    const images = await importFiles(engine.store, 'd', await pictures(4));
    await extractShard(engine, request, pulse());
    const expected = outputOf(engine);
    const nameOf = (i: number) => keysKey('stub', images[i].sha256);
    await rot(engine.store, nameOf(1));
    await engine.store.delete(nameOf(2));
    const damaged = outputOf(engine);
    // The shard's report says that it is through.
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 4, done: 0, cached: 4, failed: 0 });
    expect(outputOf(engine)).toEqual(damaged);
    const verify = { ...request, verify: true };
    expect(await extractShard(engine, verify, pulse())).toEqual({ images: 4, done: 2, cached: 2, failed: 0 });
    expect(outputOf(engine)).toEqual(expected);
    expect(await extractShard(engine, verify, pulse())).toEqual({ images: 4, done: 0, cached: 4, failed: 0 });
  });

  test('of before there were checksums are valid', async () => {
    const images = await importFiles(engine.store, 'd', await pictures(2));
    await extractShard(engine, request, pulse());
    for (const { sha256 } of images) {
      const { tensors, metadata } = decodeSafeTensors(await engine.store.get(keysKey('stub', sha256)));
      const { checksum: _, ...before } = metadata;
      await engine.store.put(keysKey('stub', sha256), encodeSafeTensors({ tensors, metadata: before }));
    }
    const verify = { ...request, verify: true };
    expect(await extractShard(engine, verify, pulse())).toEqual({ images: 2, done: 0, cached: 2, failed: 0 });
  });
});

test('as many images wait as a batch holds', async () => {
  await importFiles(engine.store, 'd', await pictures(16));
  const most = async (batch: number, expected: number) => {
    let [now, most] = [0, 0];
    const source = {
      ...{ layer: 11, sha256: '5'.repeat(64), batch },
      async extract() {
        most = Math.max(most, ++now);
        // However slow the machine: until so many wait, and a little longer for more to show up.
        for (let turn = 0; turn < 500 && most < expected; turn++) await sleep(20);
        await sleep(20);
        now--;
        return { data: new Float32Array(4), h: 1, w: 1, d: 4 };
      },
    };
    const keys = { open: async () => source, close: async () => {} };
    const extract = { backbone: `stub${batch}`, facet: 'key' } as const;
    await extractShard({ ...engine, keys }, { ...request, extract }, pulse());
    return most;
  };
  expect(await most(1, 4)).toBe(4);
  // Another one while it runs.
  expect(await most(5, 2 * 5)).toBeGreaterThanOrEqual(2 * 5);
});

describe('an image that cannot be used', () => {
  /** A PNG whose header claims more than it holds. */
  async function bomb() {
    const bytes = Buffer.from(await picture(0));
    bytes.writeUInt32BE(60_000, 16);
    bytes.writeUInt32BE(60_000, 20);
    return bytes;
  }

  test('fails alone, with a one-line reason', async () => {
    const good = await pictures(2);
    await importFiles(engine.store, 'd', {
      'first.png': good['0.png'],
      'zero.png': new Uint8Array(),
      'text.jpg': Buffer.from('no image\nat all'),
      'bomb.png': await bomb(),
      'cut.png': (await picture(9)).subarray(0, 120),
      'last.png': good['1.png'],
    });
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 6, done: 2, cached: 0, failed: 4 });
    const { failures } = await reportOf(engine);
    expect(failures.map(({ name }) => name)).toEqual(['zero.png', 'text.jpg', 'bomb.png', 'cut.png']);
    for (const [i, reason] of [/^0 bytes/, /do not decode/, /60000 × 60000 pixels/, /do not decode/].entries()) {
      expect(failures[i].reason).toMatch(reason);
      expect(failures[i].reason).not.toContain('\n');
      expect(failures[i].permanent).toBe(true);
    }
    // Nobody tries them again.
    engine.readObject = () => Promise.reject(new Error('expected no image to be read'));
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 6, done: 0, cached: 2, failed: 4 });
  });

  test('is tried again if somebody asks, alone or with the others, and no sound image is looked at', async () => {
    const good = await pictures(2);
    const [width, height] = [40_000, 8];
    const long = await encodePng(new Uint8Array(3 * width * height), { width, height, channels: 3 });
    const images = await importFiles(engine.store, 'd', {
      'long.png': long,
      'zero.png': new Uint8Array(),
      'first.png': good['0.png'],
      'bomb.png': await bomb(),
      'text.jpg': Buffer.from('no image'),
    });
    const named = Object.fromEntries(images.map((image) => [image.name, image]));
    await extractShard(engine, request, pulse());
    const before = await reportOf(engine);
    expect(before.failures.map(({ name }) => name)).toEqual(['zero.png', 'bomb.png', 'text.jpg']);
    const read: string[] = [];
    const readObject = engine.readObject;
    engine.readObject = (object, signal) => {
      read.push(object);
      // They were mended, all but one.
      return object === named['text.jpg'].object ? readObject(object, signal) : picture(7);
    };
    const retry = (image: string | null) => extractShard(engine, { ...request, retry: { image } }, pulse());
    expect(await retry('bomb.png')).toEqual({ images: 5, done: 1, cached: 2, failed: 2 });
    expect(read).toEqual([named['bomb.png'].object]);
    expect(await reportOf(engine)).toEqual({
      ...before,
      failures: before.failures.filter(({ name }) => name !== 'bomb.png'),
    });
    expect(await retry(named['zero.png'].sha256)).toEqual({ images: 5, done: 1, cached: 3, failed: 1 });
    expect(await retry(null)).toEqual({ images: 5, done: 0, cached: 4, failed: 1 });
    expect(read.slice(1)).toEqual([named['zero.png'].object, named['text.jpg'].object]);
    expect(await reportOf(engine)).toEqual({ ...before, failures: before.failures.slice(2) });
    // Of another shard, or of nobody.
    expect(await retry('first.png')).toEqual({ images: 5, done: 0, cached: 4, failed: 1 });
    expect(read).toHaveLength(3);
    // What nobody extracted has not failed.
    const other = { ...request, extract: { ...extract, layer: 3 }, retry: { image: null } };
    expect(await extractShard(engine, other, pulse())).toEqual({ images: 0, done: 0, cached: 0, failed: 0 });
    expect(read).toHaveLength(3);
  });

  test('only because no browser draws it has keys, and is listed every time', async () => {
    const [width, height] = [40_000, 8];
    const file = await encodePng(new Uint8Array(3 * width * height), { width, height, channels: 3 });
    const [{ sha256 }] = await importFiles(engine.store, 'd', { 'long.png': file, ...(await pictures(1)) });
    const unshown = [
      { sha256, name: 'long.png', reason: expect.stringMatching(/^40000 × 8 pixels; expected sides of/) },
    ];
    for (const [done, cached] of [
      [2, 0],
      [0, 2],
    ]) {
      expect(await extractShard(engine, request, pulse())).toEqual({ images: 2, done, cached, failed: 0 });
      expect(await reportOf(engine)).toEqual({ version: 1, images: 2, failures: [], unshown, views: 2 });
      await engine.store.delete(extractReportKey('d', 'stub', 0));
    }
  });

  test('because it is missing succeeds once it is back', async () => {
    const images = await importFiles(engine.store, 'd', await pictures(3));
    const bytes = await engine.store.get(images[1].object);
    await engine.store.delete(images[1].object);
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 3, done: 2, cached: 0, failed: 1 });
    const { failures } = await reportOf(engine);
    const [{ sha256, name }] = [images[1]];
    expect(failures).toEqual([{ sha256, name, reason: `no object ${images[1].object}`, permanent: false }]);

    expect(await extractShard(engine, request, pulse())).toEqual({ images: 3, done: 0, cached: 2, failed: 1 });
    await engine.store.put(images[1].object, bytes);
    expect(await extractShard(engine, request, pulse())).toEqual({ images: 3, done: 1, cached: 2, failed: 0 });
    expect(await reportOf(engine)).toEqual({ version: 1, images: 3, failures: [], views: 2 });
    expect(engine.keys.extracted).toBe(3);
  });

  test('because its store refuses it is retried by the next run', async () => {
    const images = await importFiles(engine.store, 'd', await pictures(2));
    const read = engine.readObject;
    engine.readObject = (object, signal) =>
      object === images[0].object ? Promise.reject(new InvalidInputError('access denied')) : read(object, signal);
    expect(await extractShard(engine, request, pulse())).toMatchObject({ done: 1, failed: 1 });
    expect((await reportOf(engine)).failures).toMatchObject([{ reason: 'access denied', permanent: false }]);
    engine.readObject = read;
    expect(await extractShard(engine, request, pulse())).toMatchObject({ done: 1, cached: 1, failed: 0 });
  });

  test('because the backbone refuses it fails alone', async () => {
    await importFiles(engine.store, 'd', await pictures(3));
    engine.keys.before = (call) => {
      if (call === 2) throw new InvalidInputError('1 × 900 pixels; expected more');
    };
    expect(await extractShard(engine, request, pulse())).toMatchObject({ done: 2, failed: 1 });
    expect((await reportOf(engine)).failures).toMatchObject([
      { reason: '1 × 900 pixels; expected more', permanent: true },
    ]);
  });

  test('because the backbone does not exist fails the shard, not its images', async () => {
    await importFiles(engine.store, 'd', { 'zero.png': new Uint8Array(), ...(await pictures(2)) });
    const unknown = { ...request, extract: { ...extract, backbone: 'unknown' } };
    await expect(extractShard(engine, unknown, pulse())).rejects.toThrow('backbone unknown; expected one of stub');
    expect(objectsBelow(engine.root, ['datasets/d/extracted/'])).toEqual(new Map());
  });
});

test('a replaced image fails no more, and repeated work is cached', async () => {
  const torn = (await picture(1)).slice(0, 40);
  await importFiles(engine.store, 'd', { 'a.png': torn, 'b.png': await picture(2) });
  expect(await extractShard(engine, request, pulse())).toMatchObject({ images: 2, failed: 1 });
  await importFiles(engine.store, 'd', { 'a.png': await picture(3) }, { version: '2' });
  expect(await extractShard(engine, request, pulse())).toEqual({ images: 1, done: 0, cached: 1, failed: 0 });
  expect(await extractShard(engine, { ...request, shard: 1 }, pulse())).toMatchObject({
    images: 1,
    done: 1,
    failed: 0,
  });
});

describe('an attempt that ends midway', () => {
  test('resumes where it stopped, without computing stored keys again', async () => {
    await importFiles(engine.store, 'd', await pictures(8));
    const stop = new AbortController();
    const { store } = engine;
    let [begun, underWay] = [0, 0];
    engine.store = {
      ...store,
      async put(key, bytes) {
        underWay++;
        // The second write lands although the worker is gone by then.
        if (++begun === 2) {
          stop.abort(new Error('lost its worker'));
          await sleep(50);
        }
        await store.put(key, bytes);
        underWay--;
      },
    };
    const first = pulse({ signal: stop.signal });
    await expect(extractShard(engine, request, first)).rejects.toThrow('lost its worker');
    expect(underWay).toBe(0);
    const stored = keysOf(engine).size;
    expect(stored).toBe(2);
    const last = first.beats.at(-1)!;
    expect(last.done).toBeLessThanOrEqual(stored);

    engine.keys.extracted = 0;
    const tally = await extractShard(engine, request, pulse({ last }));
    expect(engine.keys.extracted).toBe(8 - stored);
    expect(tally).toEqual({ images: 8, failed: 0, done: last.done + 8 - stored, cached: stored - last.done });
  });

  test('leaves the same bytes as an unbroken one, whenever and however often it ended', async () => {
    const files = { ...(await pictures(6)), 'zero.png': new Uint8Array() };
    await importFiles(engine.store, 'd', files);
    await extractShard(engine, request, pulse());
    const expected = outputOf(engine);
    for (const calls of [[1], [6], [3, 1, 1], [2, 2, 2]]) {
      const disturbed = openEngine();
      await importFiles(disturbed.store, 'd', files);
      const attempts = calls.map((at) => () => {
        const stop = new AbortController();
        disturbed.keys.extracted = 0;
        disturbed.keys.before = (call) => call === at && stop.abort(new Error('stopped'));
        return { signal: stop.signal };
      });
      const { done, cached, failed } = await untilDone(disturbed, [...attempts]);
      expect([done + cached, failed]).toEqual([6, 1]);
      expect(Math.min(done, cached)).toBeGreaterThanOrEqual(0);
      expect(outputOf(disturbed)).toEqual(expected);
      removeEngine(disturbed);
    }
  });

  test('leaves the same bytes when two workers did the same shard at once', async () => {
    await importFiles(engine.store, 'd', await pictures(6));
    engine.keys.before = () => sleep(2);
    await Promise.all([extractShard(engine, request, pulse()), extractShard(engine, request, pulse())]);
    const both = outputOf(engine);
    rmSync(`${engine.root}/keys`, { recursive: true });
    rmSync(`${engine.root}/datasets/d/extracted`, { recursive: true });
    await extractShard(engine, request, pulse());
    expect(both).toEqual(outputOf(engine));
  });

  test.each([1, 2, 5, 6])('because the store threw at write %i fails the shard, and no image', async (at) => {
    // The import's own writes are not meant.
    let writes = Number.NEGATIVE_INFINITY;
    const failing = openEngine((store) => failingOnce(store, () => ++writes === at));
    await importFiles(failing.store, 'd', await pictures(5));
    writes = 0;
    const first = pulse();
    await expect(extractShard(failing, request, first)).rejects.toThrow('no space left');
    expect(await failing.store.head(extractReportKey('d', 'stub', 0))).toBeUndefined();
    const last = first.beats.at(-1)!;
    expect(last.done).toBeLessThanOrEqual(keysOf(failing).size);

    const { done, cached } = await extractShard(failing, request, pulse({ last }));
    expect(done + cached).toBe(5);
    expect(cached).toBeGreaterThanOrEqual(0);
    expect(await reportOf(failing)).toEqual({ version: 1, images: 5, failures: [], views: 2 });
    removeEngine(failing);
  });

  test('because a read failed for a passing reason fails the shard, and no image', async () => {
    const images = await importFiles(engine.store, 'd', await pictures(3));
    const read = engine.readObject;
    engine.readObject = (object, signal) =>
      object === images[1].object ? Promise.reject(new Error('connection reset')) : read(object, signal);
    await expect(extractShard(engine, request, pulse())).rejects.toThrow('connection reset');
    engine.readObject = read;
    expect(await extractShard(engine, request, pulse())).toMatchObject({ failed: 0 });
  });
});

/** A store of which one write fails. */
function failingOnce(store: ObjectStore, fails: () => boolean): ObjectStore {
  return {
    ...store,
    put: (key, bytes, options) =>
      fails() ? Promise.reject(new Error('no space left')) : store.put(key, bytes, options),
  };
}
