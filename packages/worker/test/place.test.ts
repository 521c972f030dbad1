import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UploadLabels } from '@saltworks/contract/api/uploads';
import { type UploadReport, uploadReport } from '@saltworks/contract/documents/uploads';
import { uploadReportKey } from '@saltworks/contract/layout';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { readDocument } from '@saltworks/store/objects/documents';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { s3Store } from '@saltworks/store/objects/s3/s3-store';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findS3, startS3 } from '../../store/test/objects/server.ts';
import type { ImportDeps } from '../src/import.ts';
import { importPlace } from '../src/place.ts';
import { height, picture, width } from './engine.ts';

let root: string;
let photos: string;
let store: ObjectStore;
beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'saltworks-place-')));
  photos = join(root, 'photos');
  mkdirSync(join(photos, 'may'), { recursive: true });
  store = fileStore(join(root, 'store'));
  writeFileSync(join(photos, 'a.png'), await picture(0));
  writeFileSync(join(photos, 'may', 'b.png'), await picture(5));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function arrive(
  path = '',
  { labels = 'auto', ...deps }: Partial<Pick<ImportDeps, 'places' | 's3'>> & { labels?: UploadLabels } = {},
): Promise<UploadReport | undefined> {
  const places = [{ name: 'photos', at: photos }];
  await importPlace(
    { store, maxPixels: 1e8, places, ...deps },
    { upload: 'u1', dataset: 'pans', labels, from: { place: 'photos', path } },
    new AbortController().signal,
  );
  return readDocument(store, uploadReportKey('u1'), uploadReport);
}

const names = async () => (await readShard(store, 'pans', 0)).map(({ name }) => name);

test('what lies below a place becomes images, and later what is new', async () => {
  expect(await arrive('may')).toMatchObject({ step: 'done', files: 1, added: 1, failed: 0, labels: null });
  expect(await names()).toEqual(['b.png']);
  expect(await readDataset(store, 'pans')).toMatchObject({ source: join(photos, 'may') });
  writeFileSync(join(photos, 'may', 'c.png'), await picture(9));
  expect(await arrive('may')).toMatchObject({ files: 2, added: 1, unchanged: 1 });
  // The dataset goes on saying where it came from first.
  expect(await arrive()).toMatchObject({ added: 1, duplicates: 2 });
  expect(await readDataset(store, 'pans')).toMatchObject({ source: join(photos, 'may'), images: 3 });
});

test('a file that failed is told, and tried again once it is mended; links out are left out', async () => {
  const torn = join(photos, 'torn.png');
  writeFileSync(torn, (await picture(1)).subarray(0, 20));
  mkdirSync(join(root, 'private'));
  writeFileSync(join(root, 'private', 'x.png'), await picture(2));
  symlinkSync(join(root, 'private', 'x.png'), join(photos, 'x.png'));
  const report = await arrive();
  expect(report).toMatchObject({ added: 2, failed: 1, noted: 1 });
  expect(report?.failures).toEqual([{ name: 'torn.png', reason: expect.stringMatching(/^it cannot be read: /) }]);
  expect(report?.notes).toEqual([{ name: 'x.png', reason: expect.stringContaining('leads out of its place') }]);
  writeFileSync(torn, await picture(1));
  expect(await arrive()).toMatchObject({ added: 1, unchanged: 2, failed: 0 });
});

test('labels that lie beside are recognised, chosen, or left alone', async () => {
  const points = [
    [12, 8],
    [32, 8],
    [32, 24],
  ];
  const shapes = [{ label: 'pan', shape_type: 'polygon', points }];
  writeFileSync(
    join(photos, 'may', 'b.json'),
    JSON.stringify({ version: '5.5.0', flags: {}, imagePath: 'b.png', imageWidth: width, imageHeight: height, shapes }),
  );
  expect(await arrive('may', { labels: 'none' })).toMatchObject({ added: 1, truths: 0, labels: null });
  expect(await arrive('may')).toMatchObject({ truths: 1, labels: expect.stringContaining('labelme') });
  await expect(arrive('may', { labels: 'voc' })).rejects.toThrow(/^photos\/may is no voc/);
});

test('a place that is unknown, away or empty fails in one line without the names of this machine', async () => {
  await expect(arrive('', { places: [] })).rejects.toThrow(
    /^no place photos; expected one of SALTWORKS_PLACES, as the worker on \S+ sees it$/,
  );
  await expect(arrive('june')).rejects.toThrow(/^photos\/june: no such folder, as the worker on \S+ sees it$/);
  mkdirSync(join(photos, 'empty'));
  await expect(arrive('empty')).rejects.toThrow(/^no picture in photos\/empty; expected JPEG/);
});

test.skipIf(findS3() === undefined)('a prefix, and no other one that begins alike', { timeout: 60_000 }, async () => {
  const server = await startS3();
  try {
    const bucket = s3Store({ ...server, credentials: server });
    await bucket.put('scans/2026/a.png', await picture(0));
    await bucket.put('scans/2026-private/x.png', await picture(5));
    await bucket.put('scans-private/y.png', await picture(9));
    const s3 = () => ({ endpoint: server.endpoint, credentials: server });
    const at = `s3://${server.bucket}/scans`;
    const deps = { s3, places: [{ name: 'photos', at }] };
    expect(await arrive('2026', deps)).toMatchObject({ files: 1, added: 1 });
    expect(await names()).toEqual(['a.png']);
    expect(await readDataset(store, 'pans')).toMatchObject({ source: `${at}/2026` });
    const [image] = await readShard(store, 'pans', 0);
    expect(image.object).toBe(`${at}/2026/a.png`);
    expect(await arrive('', deps)).toMatchObject({ files: 2, added: 1 });
    await expect(arrive('2026', { ...deps, labels: 'labelme' })).rejects.toThrow('labels in buckets are not read');
    await expect(arrive('2027', deps)).rejects.toThrow('no picture in photos/2027');
    await expect(arrive('2026?x', deps)).rejects.toThrow('unusable S3 address');
  } finally {
    await server.stop();
  }
});
