import { keySet } from '@saltworks/contract/documents/key-sets';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { maskReport } from '@saltworks/contract/documents/reports';
import { exportFileKey, keySetKey, maskKey, maskReportKey, scribblesKey } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';
import { readDocument, readText } from '@saltworks/store/objects/documents';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportShard, finishExport, prepareExport } from '../src/export.ts';
import { extractShard } from '../src/extract.ts';
import { propagateShard, recipeOf } from '../src/propagate.ts';
import {
  type Engine,
  importFiles,
  objectsBelow,
  openEngine,
  pictures,
  pulse,
  removeEngine,
  scribbles,
} from './engine.ts';

const backbone = 'dinov2-small-focus';
const own: ExtractSettings = { backbone, facet: 'key' };
const deep: ExtractSettings = { backbone, layer: 11, facet: 'value', longSide: 154 };
const sha256 = '5'.repeat(64);
const lineage = { backbone, sha256, layer: 11, facet: 'value', long_side: 154, codec: 'float16' };
const request = { dataset: 'd', shard: 0 };

let engine: Engine;
beforeEach(async () => {
  engine = openEngine();
  for (const image of await importFiles(engine.store, 'd', await pictures(2))) {
    await engine.store.put(scribblesKey('d', 0, image.sha256, '.json'), JSON.stringify(scribbles()));
  }
});
afterEach(() => removeEngine(engine));

/** Keys, masks and an export by these settings. @returns the document of its first mask, and its info */
async function run(extract: ExtractSettings) {
  const { store } = engine;
  const settings = { extract, preset: 'best', solve: {} } as const;
  await extractShard(engine, { ...request, extract }, pulse());
  await propagateShard(engine, { ...request, ...settings }, pulse());
  const { recipe } = recipeOf(settings);
  const report = await readDocument(store, maskReportKey('d', recipe, 0), maskReport);
  const mask = await readDocument(store, maskKey(report!.masks[0].mask, '.json'), maskDocument);
  const { signal } = pulse();
  const wanted = { dataset: 'd', recipe, format: 'coco-panoptic' } as const;
  const { id } = await prepareExport(store, wanted, signal);
  await exportShard(engine, { ...wanted, ...request, id }, pulse());
  await finishExport(store, { ...wanted, id }, signal);
  const { info } = JSON.parse((await readText(store, exportFileKey('d', id, 'panoptic.json')))!);
  return { mask, info };
}

test('two sets of keys lie side by side: neither changes an object of the other', async () => {
  await run(own);
  const before = objectsBelow(engine.root, ['']);
  await run(deep);
  const after = objectsBelow(engine.root, ['']);
  const changed = [...before].filter(([key, hash]) => after.get(key) !== hash).map(([key]) => key);
  expect(changed).toEqual([]);
  expect(after.size).toBeGreaterThan(before.size);
});

test('masks and exports name backbone, layer, facet, size and file; the default keys’ masks stay as they were', async () => {
  const plain = await run(own);
  expect(plain.mask?.parameters).toMatchObject({ backbone });
  expect(plain.mask).not.toHaveProperty('keys');
  expect(plain.info.keys).toEqual({ backbone, sha256, layer: 11, facet: 'key', codec: 'float16' });
  const { mask, info } = await run(deep);
  expect(mask?.parameters).toMatchObject({ backbone: `${backbone}-layer11-value-154px` });
  expect(mask?.keys).toEqual(lineage);
  expect(info.keys).toEqual(lineage);
});

test('keys of one id come from one file', async () => {
  const { store } = engine;
  await run(deep);
  const key = keySetKey(`${backbone}-layer11-value-154px`);
  expect(await readDocument(store, key, keySet)).toEqual({ version: 1, ...lineage });
  // The name goes to another file, and an image is new.
  await store.put(key, JSON.stringify({ version: 1, ...lineage, sha256: '6'.repeat(64) }));
  await importFiles(store, 'd', await pictures(3));
  const again = extractShard(engine, { ...request, extract: deep }, pulse());
  const next = extractShard(engine, { ...request, shard: 1, extract: deep }, pulse());
  await expect(Promise.allSettled([again, next])).resolves.toContainEqual({
    status: 'rejected',
    reason: expect.objectContaining({
      message: expect.stringContaining('expected 666666666666…, which made the keys'),
    }),
  });
});
