import { setEnvironmentData } from 'node:worker_threads';
import { threadPool } from '@saltworks/backbone/threads/threads';
import { type MaskReport, maskReport } from '@saltworks/contract/documents/reports';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysKey, maskKey, maskReportKey, scribblesKey } from '@saltworks/contract/layout';
import type { PropagateShardRequest } from '@saltworks/contract/messages/activities';
import { decodeKeys, encodeKeys } from '@saltworks/core/formats/keys';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { presets } from '@saltworks/core/options';
import { segment } from '@saltworks/core/segment';
import { readDocument } from '@saltworks/store/objects/documents';
import { type MaskThreads, openMaskThreads } from '@saltworks/worker/mask-threads';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extractShard } from '../src/extract.ts';
import { propagateShard, recipeOf } from '../src/propagate.ts';
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
  scribbles,
  width,
} from './engine.ts';

/** Known by name, for its σ factor; what its keys are is the stub's to say. */
const backbone = 'dinov2-small-focus';
const extract = { backbone, facet: 'key' } as const;
const request: PropagateShardRequest = { dataset: 'd', shard: 0, extract, preset: 'best', solve: {} };

let engine: Engine;
beforeEach(() => {
  engine = openEngine();
});
afterEach(() => removeEngine(engine));

const draw = (sha256: string, content: unknown = scribbles(), dataset = 'd') =>
  engine.store.put(
    scribblesKey(dataset, 0, sha256, '.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  );

/** Imports pictures, extracts their keys, draws on each. */
async function prepare(count: number, dataset = 'd') {
  const images = await importFiles(engine.store, dataset, await pictures(count));
  await extractShard(engine, { dataset, shard: 0, extract }, pulse());
  for (const { sha256 } of images) await draw(sha256, scribbles(), dataset);
  return images;
}

/** Runs a shard. @returns what its report says */
async function reportOf(changes: Partial<PropagateShardRequest> = {}): Promise<MaskReport> {
  const whole = { ...request, ...changes };
  await propagateShard(engine, whole, pulse());
  const { recipe } = recipeOf(whole);
  return (await readDocument(engine.store, maskReportKey(whole.dataset, recipe, 0), maskReport))!;
}

const masksOf = () => objectsBelow(engine.root, ['masks/']);

describe('a shard', () => {
  test('gets a mask for every image with scribbles, the same as `segment` makes', async () => {
    const images = await prepare(3);
    await engine.store.delete(scribblesKey('d', 0, images[1].sha256, '.json'));
    expect(await propagateShard(engine, request, pulse())).toEqual({ images: 2, done: 2, cached: 0, failed: 0 });
    const report = await reportOf();
    expect(report.masks.map(({ name }) => name)).toEqual(['0.png', '2.png']);
    expect(report.categories).toEqual([{ id: 1, name: 'square', isthing: 1 }]);
    for (const { id, sha256, name, mask } of report.masks) {
      const image = images.find((image) => image.sha256 === sha256)!;
      expect({ id, name }).toEqual({ id: image.id, name: image.name });
      const pixels = await sharp(await engine.store.get(image.object))
        .raw()
        .toBuffer();
      const rgb = { data: new Uint8Array(pixels), width, height };
      const { keys } = decodeKeys(await engine.store.get(keysKey(backbone, sha256)));
      const { raster } = readScribbles(Buffer.from(JSON.stringify(scribbles())), '.json', rgb);
      const expected = segment(rgb, keys, raster, { ...presets.best, sigmaFactor: 0.15 });
      const png = await sharp(await engine.store.get(maskKey(mask, '.png')))
        .raw()
        .toBuffer();
      const ids = Array.from({ length: width * height }, (_, i) => png[3 * i] + 256 * png[3 * i + 1]);
      expect(ids).toEqual([...expected.mask.ids]);
      expect(new Set(ids)).toEqual(new Set([0, 7]));
      const document = JSON.parse(Buffer.from(await engine.store.get(maskKey(mask, '.json'))).toString());
      expect(document.parameters).toMatchObject({ backbone, sigmaFactor: 0.15, unary: 'soft' });
    }
  });

  test('already done makes nothing, reads no image, and reports the same', async () => {
    await prepare(3);
    await propagateShard(engine, request, pulse());
    const before = objectsBelow(engine.root, ['masks/', 'datasets/']);
    engine.readObject = () => Promise.reject(new Error('expected no image to be read'));
    expect(await propagateShard(engine, request, pulse())).toEqual({ images: 3, done: 0, cached: 3, failed: 0 });
    expect(objectsBelow(engine.root, ['masks/', 'datasets/'])).toEqual(before);
  });

  test('with new scribbles on one image makes one mask', async () => {
    const images = await prepare(3);
    const before = await reportOf();
    await draw(images[1].sha256, scribbles(1));
    expect(await propagateShard(engine, request, pulse())).toEqual({ images: 3, done: 1, cached: 2, failed: 0 });
    const after = await reportOf();
    expect(after.masks.filter(({ mask }) => !before.masks.some((old) => old.mask === mask))).toMatchObject([
      { name: '1.png' },
    ]);
    expect(masksOf().size).toBe(2 * 4);
  });

  test('refuses keys of an image that decodes differently now', async () => {
    const [{ sha256 }] = await importFiles(engine.store, 'd', { 'dark.png': await darkPicture() });
    await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse());
    await draw(sha256);
    expect((await reportOf()).masks).toHaveLength(1);
    const name = keysKey(backbone, sha256);
    const { keys, origin } = decodeKeys(await engine.store.get(name));
    await engine.store.put(name, encodeKeys(keys, { ...origin, window: undefined }));
    await draw(sha256, scribbles(1));
    const { failures } = await reportOf();
    expect(failures).toMatchObject([
      { name: 'dark.png', reason: expect.stringMatching(/expected .*saltworks extract/) },
    ]);
  });

  test('whose keys are damaged gets the masks that sound ones give; they are made again', async () => {
    const images = await prepare(3);
    const keysOf = () => objectsBelow(engine.root, ['keys/']);
    const keys = keysOf();
    await propagateShard(engine, request, pulse());
    const expected = masksOf();
    for (const name of expected.keys()) await engine.store.delete(name);
    await rot(engine.store, keysKey(backbone, images[0].sha256));
    await engine.store.put(keysKey(backbone, images[1].sha256), 'no keys');
    // A whole file, but of another image.
    await engine.store.put(
      keysKey(backbone, images[2].sha256),
      Buffer.from([...keys].find(([name]) => name.includes(images[0].sha256))![1], 'hex'),
    );
    engine.keys.extracted = 0;
    expect(await propagateShard(engine, request, pulse())).toEqual({ images: 3, done: 3, cached: 0, failed: 0 });
    expect(engine.keys.extracted).toBe(3);
    expect(keysOf()).toEqual(keys);
    expect(masksOf()).toEqual(expected);
  });

  test('whose damaged keys cannot be made again leaves out those images, until another try', async () => {
    const images = await prepare(2);
    await rot(engine.store, keysKey(backbone, images[0].sha256));
    const { open } = engine.keys;
    engine.keys.open = () => Promise.reject(new Error('no such\nbackbone here'));
    const { failures, masks } = await reportOf();
    expect(masks.map(({ name }) => name)).toEqual(['1.png']);
    expect(failures).toEqual([
      {
        ...{ sha256: images[0].sha256, name: '0.png', permanent: false },
        reason:
          'damaged keys of 0.png, not made again: no such backbone here; expected saltworks extract DATASET --verify',
      },
    ]);
    engine.keys.open = async (settings) => ({ ...(await open.call(engine.keys, settings)), sha256: '6'.repeat(64) });
    expect((await reportOf()).failures[0].reason).toMatch(/has the sha256 666666666666…; expected 555555555555…/);
    engine.keys.open = open;
    expect(await propagateShard(engine, request, pulse())).toEqual({ images: 2, done: 1, cached: 1, failed: 0 });
  });

  test.each(['int8', 'pca-3'])('has a mask set for each codec of its keys: %s', async (codec) => {
    const images = await prepare(2);
    const other = { ...request, extract: { ...extract, codec } };
    await extractShard(engine, { dataset: 'd', shard: 0, extract: other.extract }, pulse());
    const plain = await reportOf();
    const before = masksOf();
    const found = await reportOf(other);
    expect(found.masks).toHaveLength(images.length);
    expect(found.masks.filter(({ mask }) => plain.masks.some((one) => one.mask === mask))).toEqual([]);
    const all = masksOf();
    for (const [name, bytes] of before) expect(all.get(name)).toBe(bytes);
    const { parameters } = JSON.parse(
      Buffer.from(await engine.store.get(maskKey(found.masks[0].mask, '.json'))).toString(),
    );
    expect(parameters).toMatchObject({ backbone: `${backbone}+${codec}` });
  });

  test('without scribbles is done at once', async () => {
    await importFiles(engine.store, 'd', await pictures(2));
    await draw('0'.repeat(64));
    expect(await propagateShard(engine, request, pulse())).toEqual({ images: 0, done: 0, cached: 0, failed: 0 });
  });

  test('interrupted midway resumes where it stopped, and leaves the same bytes', async () => {
    await prepare(5);
    await propagateShard(engine, request, pulse());
    const expected = objectsBelow(engine.root, ['masks/', 'datasets/']);
    const { recipe } = recipeOf(request);
    for (const { mask } of (await reportOf()).masks) {
      await engine.store.delete(maskKey(mask, '.json'));
      await engine.store.delete(maskKey(mask, '.png'));
    }
    await engine.store.delete(maskReportKey('d', recipe, 0));

    const stop = new AbortController();
    const first = pulse({ signal: stop.signal });
    const { beat } = first;
    first.beat = (position) => {
      beat(position);
      if (position.next === 2) stop.abort(new Error('lost its worker'));
    };
    await expect(propagateShard(engine, request, first)).rejects.toThrow('lost its worker');
    const last = first.beats.at(-1)!;
    expect(last).toEqual({ next: 2, done: 2 });
    const stored = [...masksOf().keys()].filter((name) => name.endsWith('.json')).length;
    expect(stored).toBeGreaterThanOrEqual(2);
    const cached = stored - 2;
    expect(await propagateShard(engine, request, pulse({ last }))).toEqual({
      ...{ images: 5, done: 5 - cached, cached, failed: 0 },
    });
    expect(objectsBelow(engine.root, ['masks/', 'datasets/'])).toEqual(expected);
  });
});

describe('the name of a mask', () => {
  const maskOf = async (changes: Partial<PropagateShardRequest> = {}) => (await reportOf(changes)).masks[0].mask;

  test('is the same for the same image, strokes and settings, wherever they are stored', async () => {
    await prepare(1);
    const mask = await maskOf();
    await importFiles(engine.store, 'e', { 'a.png': await picture(5), 'deep/other name.png': await picture(0) });
    const [, { sha256 }] = await importFiles(engine.store, 'e', {});
    await draw(sha256, scribbles(), 'e');
    const before = masksOf();
    expect(await maskOf({ dataset: 'e' })).toBe(mask);
    // A default written out changes nothing, nor does the order of settings.
    const { tol, alpha } = presets.best;
    expect(await maskOf({ solve: { tol, alpha } })).toBe(mask);
    expect(await maskOf({ solve: { alpha, tol } })).toBe(mask);
    expect(await maskOf({ solve: { sigmaFactor: 0.15 } })).toBe(mask);
    expect(masksOf()).toEqual(before);
  });

  test('differs with the image, the strokes, and each setting', async () => {
    const images = await prepare(2);
    const names = (await reportOf()).masks.map(({ mask }) => mask);
    await engine.store.delete(scribblesKey('d', 0, images[1].sha256, '.json'));
    names.push(await maskOf({ preset: 'paper' }));
    names.push(await maskOf({ solve: { alpha: 0.3 } }));
    names.push(await maskOf({ solve: { refine: 'none' } }));
    names.push(await maskOf({ solve: { strokes: 'tolerate' } }));
    for (const changed of [
      { ...extract, longSide: 98 },
      { ...extract, layer: 3 },
      { ...extract, facet: 'query' as const },
    ]) {
      await extractShard(engine, { dataset: 'd', shard: 0, extract: changed }, pulse());
      names.push(await maskOf({ extract: changed }));
    }
    await draw(images[0].sha256, scribbles(1));
    names.push(await maskOf());
    expect(new Set(names).size).toBe(10);
  });

  test('needs an existing preset and backbone', () => {
    for (const preset of ['worst', 'constructor', '']) {
      expect(() => recipeOf({ ...request, preset: preset as 'best' })).toThrow(InvalidInputError);
    }
    expect(() => recipeOf({ ...request, extract: { ...extract, backbone: 'resnet' } })).toThrow(InvalidInputError);
    expect(() => recipeOf({ ...request, solve: { graph: 'nonsense' as 'rbf' } })).toThrow('graph nonsense; expected');
  });
});

describe('an image that cannot be used', () => {
  test('for its scribbles fails alone, with the reason, and succeeds once they are corrected', async () => {
    const images = await prepare(5);
    const bad = [
      'no JSON',
      { version: 3 },
      { ...scribbles(), image: { width: 9, height: 9 } },
      { ...scribbles(), strokes: [] },
    ];
    for (const [i, content] of bad.entries()) await draw(images[i].sha256, content);
    expect(await propagateShard(engine, request, pulse())).toEqual({ images: 5, done: 1, cached: 0, failed: 4 });
    const { failures, masks } = await reportOf();
    expect(masks.map(({ name }) => name)).toEqual(['4.png']);
    const reasons = new Map(failures.map(({ name, reason }) => [name, reason]));
    expect(reasons.get('0.png')).toMatch(/not JSON/);
    expect(reasons.get('1.png')).toMatch(/version 3; expected 1 or 2/);
    expect(reasons.get('2.png')).toMatch(/expected a number from -9 to 18/);
    expect(reasons.get('3.png')).toMatch(/no strokes/);
    expect(failures.every(({ permanent }) => permanent)).toBe(true);

    for (const { sha256 } of images) await draw(sha256);
    expect(await propagateShard(engine, request, pulse())).toEqual({ images: 5, done: 4, cached: 1, failed: 0 });
  });

  test('is named itself, not its missing keys', async () => {
    const [image] = await importFiles(engine.store, 'd', { 'text.jpg': Buffer.from('no image') });
    await draw(image.sha256);
    expect((await reportOf()).failures).toMatchObject([
      { name: 'text.jpg', reason: expect.stringMatching(/^8 bytes that do not decode/) },
    ]);
  });

  test('for missing keys says so, and succeeds once they exist', async () => {
    const [image] = await importFiles(engine.store, 'd', await pictures(1));
    await draw(image.sha256);
    expect(await propagateShard(engine, request, pulse())).toMatchObject({ done: 0, failed: 1 });
    expect((await reportOf()).failures).toEqual([
      {
        ...{ sha256: image.sha256, name: '0.png', permanent: false },
        reason: `no object ${keysKey(backbone, image.sha256)}`,
      },
    ]);
    await extractShard(engine, { dataset: 'd', shard: 0, extract }, pulse());
    expect(await propagateShard(engine, request, pulse())).toMatchObject({ done: 1, failed: 0 });
  });

  test('for a store that throws fails the shard, and no image', async () => {
    await prepare(2);
    const { store } = engine;
    let fails = true;
    engine.store = {
      ...store,
      async put(key, bytes, options) {
        if (key.startsWith('masks/') && fails) {
          fails = false;
          throw new Error('no space left');
        }
        return store.put(key, bytes, options);
      },
    };
    await expect(propagateShard(engine, request, pulse())).rejects.toThrow('no space left');
    const { done, cached, failed } = await propagateShard(engine, request, pulse());
    expect([done + cached, failed]).toEqual([2, 0]);
  });
});

describe('mask threads', () => {
  /** Threads that do no good to so many jobs. */
  function unreliable(what: 'die' | 'hang', jobs: number, threads = 2) {
    const left = new Int32Array(new SharedArrayBuffer(4)).fill(jobs);
    setEnvironmentData('unreliable', { what, left });
    const maskThreads: MaskThreads = threadPool(new URL('./unreliable-mask.worker.mjs', import.meta.url), { threads });
    return { maskThreads, left };
  }
  const outputOf = () => objectsBelow(engine.root, ['masks/', 'datasets/']);

  test('leave the same bytes, for any number of threads and shards at once', async () => {
    const outputs: Map<string, string>[] = [];
    for (const threads of [1, 3]) {
      const maskThreads = openMaskThreads(threads);
      await prepare(9, 'd');
      await prepare(5, 'e');
      const requests = [request, { ...request, dataset: 'e', preset: 'paper' as const }];
      await Promise.all(requests.map((each) => propagateShard({ ...engine, maskThreads }, each, pulse())));
      outputs.push(outputOf());
      await maskThreads.close();
      removeEngine(engine);
      engine = openEngine();
    }
    expect(outputs[0].size).toBeGreaterThan(2 * 14);
    expect(outputs[1]).toEqual(outputs[0]);
  });

  test('that die leave the same bytes: others take over their images', async () => {
    await prepare(6);
    await propagateShard(engine, request, pulse());
    const expected = outputOf();
    for (const name of expected.keys()) if (name.startsWith('masks/')) await engine.store.delete(name);
    const { maskThreads, left } = unreliable('die', 1);
    expect(await propagateShard({ ...engine, maskThreads }, request, pulse())).toEqual({
      ...{ images: 6, done: 6, cached: 0, failed: 0 },
    });
    expect(Atomics.load(left, 0)).toBe(1 - 7);
    expect(outputOf()).toEqual(expected);
    await maskThreads.close();
  });

  test('that die of one image every time fail it alone, until another run', async () => {
    await prepare(3);
    const { maskThreads, left } = unreliable('die', 2, 1);
    expect(await propagateShard({ ...engine, maskThreads }, request, pulse())).toMatchObject({ done: 3, failed: 0 });
    Atomics.store(left, 0, 1000);
    for (const name of masksOf().keys()) await engine.store.delete(name);
    expect(await propagateShard({ ...engine, maskThreads }, request, pulse())).toMatchObject({ done: 0, failed: 3 });
    const { recipe } = recipeOf(request);
    const { failures } = JSON.parse(Buffer.from(await engine.store.get(maskReportKey('d', recipe, 0))).toString());
    for (const failure of failures) {
      expect(failure).toMatchObject({ reason: 'the thread at work on it died (code 9)', permanent: false });
    }
    Atomics.store(left, 0, 0);
    expect(await propagateShard({ ...engine, maskThreads }, request, pulse())).toMatchObject({ done: 3, failed: 0 });
    await maskThreads.close();
  });

  test('end at once when the activity is cancelled, and the next activity gets fresh ones', async () => {
    await prepare(5);
    const { maskThreads, left } = unreliable('hang', 2);
    const stop = new AbortController();
    const cancelled = propagateShard({ ...engine, maskThreads }, request, pulse({ signal: stop.signal }));
    cancelled.catch(() => {});
    await expect.poll(() => Atomics.load(left, 0), { timeout: 30_000 }).toBe(0);
    stop.abort(new Error('cancelled'));
    await expect(cancelled).rejects.toThrow('cancelled');
    expect(await propagateShard({ ...engine, maskThreads }, request, pulse())).toMatchObject({ done: 5, failed: 0 });
    await maskThreads.close();
  });

  test('ended from outside fail the shard, and no image', async () => {
    await prepare(2);
    const maskThreads = openMaskThreads(1);
    await maskThreads.close();
    await expect(propagateShard({ ...engine, maskThreads }, request, pulse())).rejects.toThrow(
      'the threads were ended',
    );
  });
});
