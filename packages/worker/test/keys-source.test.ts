/** Keys of backbones that somebody added to the store, on a worker that has only the store. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addBackbone } from '@saltworks/backbone/registry/add';
import { pullBackbone } from '@saltworks/backbone/registry/pull';
import { InvalidInputError } from '@saltworks/contract/errors';
import { modelKey } from '@saltworks/contract/layout';
import { openStore } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { DIM, LAYERS, PATCH, tinyVit } from '../../backbone/test/tiny-vit.ts';
import { WorkerFaultError } from '../src/attempt.ts';
import { type KeysSources, keysSources } from '../src/keys-source.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-keys-source-'));
const model = tinyVit();
const sha256 = createHash('sha256').update(model).digest('hex');
let store: ObjectStore;
let open: KeysSources[];

beforeAll(async () => {
  store = openStore(join(scratch, 'objects'), () => ({}));
  writeFileSync(join(scratch, 'mine.onnx'), model);
  const fetching = { home: join(scratch, 'home'), env: {}, store };
  await addBackbone('ours', join(scratch, 'mine.onnx'), { longSide: 40 }, { ...fetching, to: 'store' });
  open = [];
});
afterEach(async () => {
  for (const sources of open.splice(0)) await sources.close();
});
afterAll(() => rmSync(scratch, { recursive: true }));

function worker(home: string): KeysSources {
  const sources = keysSources({ home: join(scratch, home), env: {}, store }, { threads: 1, device: 'cpu' });
  open.push(sources);
  return sources;
}

test('are those of its file, at the size that the entry says', async () => {
  const source = await worker('worker').open({ backbone: 'ours', facet: 'key' });
  expect(source).toMatchObject({ layer: LAYERS - 1, sha256 });
  const image = { data: new Uint8Array(3 * 80 * 40), width: 80, height: 40 };
  const { h, w, d } = await source.extract(image, new AbortController().signal);
  expect({ h, w, d }).toEqual({ h: 20 / PATCH, w: 40 / PATCH, d: DIM });
});

test('of several layers asked for at once are of one download', async () => {
  let reads = 0;
  const counting = {
    ...store,
    stream: (...args: Parameters<ObjectStore['stream']>) => {
      reads++;
      return store.stream(...args);
    },
  };
  const sources = keysSources({ home: join(scratch, 'once'), env: {}, store: counting }, { threads: 1, device: 'cpu' });
  open.push(sources);
  await Promise.all([0, 1].map((layer) => sources.open({ backbone: 'ours', facet: 'key', layer })));
  expect(reads).toBe(1);
});

test('of a backbone that nobody added are refused for good; a path is no name', async () => {
  for (const backbone of ['nobodys', join(scratch, 'mine.onnx'), '../ours']) {
    await expect(worker('worker').open({ backbone, facet: 'key' })).rejects.toThrow(InvalidInputError);
  }
});

test('without the weights are a fault of this worker alone', async () => {
  const key = modelKey(sha256);
  await store.delete(key);
  await expect(worker('late').open({ backbone: 'ours', facet: 'key' })).rejects.toThrow(WorkerFaultError);
  await store.put(key, model);
  expect(await worker('late').open({ backbone: 'ours', facet: 'query' })).toMatchObject({ sha256 });
});

test('of a known backbone whose file is another network are refused', async () => {
  const home = join(scratch, 'wrong');
  const from = join(scratch, 'mine.onnx');
  await pullBackbone('dino-b16', { home, env: {}, from });
  await expect(worker('wrong').open({ backbone: 'dino-b16', facet: 'key' })).rejects.toThrow(
    /dino-b16\.onnx has 2 layers of 2 heads, keys of 8, patches of 4 px; expected 12 layers of 12 heads, keys of 768, patches of 16 px \(dino-b16\)$/,
  );
});
