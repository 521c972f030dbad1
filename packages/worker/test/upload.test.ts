import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UploadLabels } from '@saltworks/contract/api/uploads';
import { type UploadReport, uploadReport } from '@saltworks/contract/documents/uploads';
import { uploadManifestKey, uploadPartKey, uploadPrefix, uploadReportKey } from '@saltworks/contract/layout';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { readDocument } from '@saltworks/store/objects/documents';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { commonFolder, importUpload } from '../src/upload.ts';
import { height, picture, width } from './engine.ts';

let root: string;
let store: ObjectStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saltworks-upload-'));
  vi.stubEnv('TMPDIR', mkdtempSync(join(root, 'tmp-')));
  store = fileStore(join(root, 'store'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const shapes = JSON.stringify({
  version: '5.5.0',
  flags: {},
  shapes: [
    {
      label: 'square',
      shape_type: 'polygon',
      points: [
        [12, 8],
        [32, 8],
        [32, 24],
        [12, 24],
      ],
    },
  ],
  imagePath: 'a.png',
  imageHeight: height,
  imageWidth: width,
});

/** Sends files, imports them, and reads what came of it. */
async function arrive(
  files: Record<string, Uint8Array | string>,
  { labels = 'auto', maxPixels = 1e8 }: { labels?: UploadLabels; maxPixels?: number } = {},
): Promise<UploadReport | undefined> {
  const listed = Object.entries(files).map(([name, bytes], file) => ({
    ...{ file, name, bytes: Buffer.from(bytes).length, modified: 1_700_000_000_000 },
  }));
  for (const [i, bytes] of Object.values(files).entries()) await store.put(uploadPartKey('u1', i, 0), bytes);
  await store.put(uploadManifestKey('u1'), JSON.stringify({ version: 1, files: listed }));
  await importUpload({ store, maxPixels }, { upload: 'u1', dataset: 'pans', labels }, new AbortController().signal);
  return readDocument(store, uploadReportKey('u1'), uploadReport);
}

const names = async () => (await readShard(store, 'pans', 0)).map(({ name }) => name);
const left = async () => {
  const keys: string[] = [];
  for await (const { key } of store.list(uploadPrefix('u1'))) keys.push(key);
  return keys;
};

test('pictures become images, what failed is told, and what was sent goes', async () => {
  const report = await arrive({
    'pans/a.png': await picture(0),
    'pans/b.png': await picture(0),
    'pans/torn.png': (await picture(1)).subarray(0, 20),
  });
  expect(report).toMatchObject({ step: 'done', files: 3, added: 1, duplicates: 1, failed: 1, labels: null });
  expect(report?.failures).toEqual([{ name: 'pans/torn.png', reason: expect.stringMatching(/^it cannot be read: /) }]);
  expect(await names()).toEqual(['pans/a.png']);
  expect(await left()).toEqual([uploadReportKey('u1')]);
  expect(await readDataset(store, 'pans')).toMatchObject({ source: 'uploads' });
  expect(readdirSync(tmpdir())).toEqual([]);
});

test('labels that lie beside them within one folder are recognised, and may be left alone', async () => {
  const files = { 'pans/a.png': await picture(0), 'pans/a.json': shapes };
  expect(await arrive(files)).toMatchObject({ added: 1, truths: 1, labels: expect.stringContaining('labelme') });
  expect(await names()).toEqual(['pans/a.png']);
  expect(await readDataset(store, 'pans')).toMatchObject({
    labels: 'labelme',
    categories: [{ id: 1, name: 'square', isthing: 1 }],
  });
  rmSync(join(root, 'store', 'catalog'), { recursive: true });
  rmSync(join(root, 'store', 'datasets'), { recursive: true });
  expect(await arrive(files, { labels: 'none' })).toMatchObject({ added: 1, truths: 0, labels: null });
});

test('a format that it is not is refused without the names of this machine', async () => {
  await expect(arrive({ 'a.png': await picture(0) }, { labels: 'voc' })).rejects.toThrow(/^the upload\/? is no voc/);
  await expect(arrive({ 'notes.txt': 'no picture' })).rejects.toThrow('no picture in it; expected JPEG');
});

test('pictures of too many pixels are refused before anybody decodes them', async () => {
  const report = await arrive({ 'a.png': await picture(0) }, { maxPixels: width * height - 1 });
  expect(report?.failures).toEqual([
    {
      name: 'a.png',
      reason: `${width} × ${height} pixels; expected at most ${width * height - 1} in all (SALTWORKS_MAX_PIXELS)`,
    },
  ]);
});

test('a dataset keeps where it comes from, and files that came before are known', async () => {
  await arrive({ 'a.png': await picture(0) });
  const { source, ...dataset } = await readDataset(store, 'pans');
  await store.put('catalog/pans.json', JSON.stringify({ ...dataset, source: 's3://pans/raw' }));
  const report = await arrive({ 'a.png': await picture(0), 'b.png': await picture(5) });
  expect([source, report?.added, report?.unchanged]).toEqual(['uploads', 1, 1]);
  expect((await readDataset(store, 'pans')).source).toBe('s3://pans/raw');
});

test('an attempt after one that was through has nothing to do', async () => {
  await arrive({ 'a.png': await picture(0) });
  const again = () =>
    importUpload(
      { store, maxPixels: 1e8 },
      { upload: 'u1', dataset: 'pans', labels: 'auto' },
      new AbortController().signal,
    );
  await again();
  await store.delete(uploadReportKey('u1'));
  await expect(again()).rejects.toThrow('the upload is gone');
});

test('the folders that all names share', () => {
  expect(commonFolder(['a/b/c.png', 'a/b/d/e.png'])).toBe('a/b/');
  expect(commonFolder(['a/b.png', 'ab.png'])).toBe('');
  expect(commonFolder(['a/b.png', 'a/c.png', 'a/d/e.png'])).toBe('a/');
  expect(commonFolder([])).toBe('');
});
