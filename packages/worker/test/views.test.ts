import { decodeImage, encodePng } from '@saltworks/backbone/image/decode';
import { thumbnailKey, viewKey } from '@saltworks/contract/layout';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { showImages } from '../src/views.ts';
import { darkPicture, type Engine, importFiles, objectsBelow, openEngine, pictures, removeEngine } from './engine.ts';

let engine: Engine;
const engines: Engine[] = [];
beforeEach(() => {
  engine = openEngine();
  engines.push(engine);
});
afterAll(() => engines.forEach(removeEngine));
const { signal } = new AbortController();

test('usable images get a thumbnail only; unusable ones are named', async () => {
  const images = await importFiles(engine.store, 'd', { ...(await pictures(3)), 'bad.png': Buffer.from('no image') });
  const bad = images.find(({ name }) => name === 'bad.png')!;
  const missing = { sha256: 'f'.repeat(64), object: 'images/ff/gone.png' };
  expect(await showImages(engine, { whole: false, images: [...images, missing] }, signal)).toEqual([
    bad.sha256,
    missing.sha256,
  ]);
  const made = objectsBelow(engine.root, ['views/']);
  expect([...made.keys()].sort()).toEqual(
    images
      .filter((image) => image !== bad)
      .map(({ sha256 }) => thumbnailKey(sha256))
      .sort(),
  );
  const small = await decodeImage(await engine.store.get(thumbnailKey(images[0].sha256)));
  expect([small.width, small.height]).toEqual([48, 32]);
});

test('a dark image of more than 8 bits is shown as the worker sees it', async () => {
  const images = await importFiles(engine.store, 'd', { 'dark.png': await darkPicture() });
  expect(await showImages(engine, { whole: true, images }, signal)).toEqual([]);
  const seen = await decodeImage(await engine.readObject(images[0].object, signal));
  const view = await decodeImage(await engine.store.get(viewKey(images[0].sha256)));
  expect(view.data).toEqual(seen.data);
  expect(Math.max(...view.data)).toBe(255);
});

test.each([
  [20_000, 30],
  [30, 20_000],
])('an image of %i × %i, which WebP cannot hold, is shown as PNG', async (width, height) => {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i >> 4) & 255);
  const images = await importFiles(engine.store, 'd', {
    'a.png': await encodePng(data, { width, height, channels: 3 }),
  });
  expect(await showImages(engine, { whole: true, images }, signal)).toEqual([]);
  const [{ sha256 }] = images;
  expect(await engine.store.head(viewKey(sha256))).toBeUndefined();
  const view = await engine.store.get(viewKey(sha256, '.png'));
  expect(Buffer.from(view).toString('latin1', 1, 4)).toBe('PNG');
  expect(await decodeImage(view)).toEqual({ data, width, height, notes: [] });
  const small = await decodeImage(await engine.store.get(thumbnailKey(sha256)));
  expect([small.width, small.height].sort((a, b) => a - b)).toEqual([1, 256]);
  const readObject = () => Promise.reject(new Error('expected no image to be read'));
  expect(await showImages({ ...engine, readObject }, { whole: true, images }, signal)).toEqual([]);
});

test('an image too long for browsers gets a thumbnail only', async () => {
  const [width, height] = [32_768, 2];
  const file = await encodePng(new Uint8Array(3 * width * height), { width, height, channels: 3 });
  const images = await importFiles(engine.store, 'd', { 'a.png': file });
  expect(await showImages(engine, { whole: true, images }, signal)).toEqual([images[0].sha256]);
  expect(await showImages(engine, { whole: false, images }, signal)).toEqual([]);
});

test('existing copies are not made again', async () => {
  const images = await importFiles(engine.store, 'd', await pictures(2));
  await engine.store.put(thumbnailKey(images[0].sha256), 'there');
  const read: string[] = [];
  const readObject: Engine['readObject'] = async (object, signal) => {
    read.push(object);
    return engine.readObject(object, signal);
  };
  expect(await showImages({ ...engine, readObject }, { whole: false, images }, signal)).toEqual([]);
  expect(read).toEqual([images[1].object]);
});

test('a store that fails for a while fails the batch, which is retried', async () => {
  const images = await importFiles(engine.store, 'd', await pictures(2));
  const readObject = () => Promise.reject(new Error('away'));
  await expect(showImages({ ...engine, readObject }, { whole: false, images }, signal)).rejects.toThrow('away');
});
