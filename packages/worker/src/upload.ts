/** The import of an upload: its files in a folder of this machine for a while, then as any other folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultUploadLimits, type UploadLabels } from '@saltworks/contract/api/uploads';
import { uploadManifest, uploadReport } from '@saltworks/contract/documents/uploads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { uploadManifestKey, uploadPartsPrefix, uploadReportKey } from '@saltworks/contract/layout';
import type { UploadRequest } from '@saltworks/contract/messages/uploads';
import { findDataset } from '@saltworks/store/datasets/dataset';
import { type ImportReport, importDataset } from '@saltworks/store/import/import';
import type { LabelSource } from '@saltworks/store/import/label-source';
import { labelledFolder } from '@saltworks/store/import/label-source';
import { recognise } from '@saltworks/store/import/labels/list';
import type { Offer } from '@saltworks/store/import/offers';
import { leftByName } from '@saltworks/store/import/picture-names';
import { folderSource } from '@saltworks/store/import/sources';
import { readDocument } from '@saltworks/store/objects/documents';
import { unpackUpload } from '@saltworks/store/uploads/unpack';
import type { ImportDeps } from './import.ts';
import { expectedPictures, lookClosely, nothing, reportOf, teller } from './import-report.ts';

/** Where the images of a dataset come from that was made of uploads alone. */
const source = 'uploads';

/**
 * Brings the files of an upload into its dataset, and takes their parts away. One that was killed at any moment can run again.
 *
 * @throws InvalidInputError if nothing in it can be used, or its labels are not told apart
 */
export async function importUpload(
  { store, maxPixels, uploadLimits: limits = defaultUploadLimits }: ImportDeps,
  { upload, dataset, labels }: UploadRequest,
  signal: AbortSignal,
): Promise<void> {
  const manifest = await readDocument(store, uploadManifestKey(upload), uploadManifest, { signal });
  if (!manifest) {
    const report = await readDocument(store, uploadReportKey(upload), uploadReport, { signal });
    // An attempt before this one was through, and died before it could say so.
    if (report?.step === 'done') return;
    throw new InvalidInputError('the upload is gone; expected one that nobody removed');
  }
  const folder = await mkdtemp(join(tmpdir(), 'saltworks-upload-'));
  const telling = teller(store, upload);
  try {
    let unpacked = 0;
    const { names, failures } = await unpackUpload(store, upload, manifest, folder, {
      ...{ limits, signal },
      onFile: () => telling.now({ ...nothing, files: ++unpacked }),
    });
    if (!names.some((name) => leftByName(name) === undefined)) {
      const [first] = failures;
      throw new InvalidInputError(
        `no picture in it${first ? ` (${first.name}: ${first.reason})` : ''}; ${expectedPictures}`,
      );
    }
    const { files, categories, format, recognised } = await openFolder(folder, names, labels).catch((error: Error) => {
      if (!(error instanceof InvalidInputError)) throw error;
      throw new InvalidInputError(error.message.replaceAll(folder, 'the upload'));
    });
    const before = await findDataset(store, dataset, { signal });
    const said = (report: ImportReport) => reportOf(report, failures, recognised);
    const report = await importDataset(store, dataset, files, {
      // A scheduled import goes on reading from where the dataset came from.
      ...(before ? { source: before.source, labels: before.labels } : { source, labels: format }),
      ...{ categories, look: lookClosely(maxPixels), signal },
      onProgress: (report) => telling.now({ ...said(report), step: 'importing' }),
    });
    await telling.last({ ...said(report), step: 'done' });
  } finally {
    await telling.stop();
    await rm(folder, { recursive: true, force: true });
  }
  for await (const { key } of store.list(uploadPartsPrefix(upload), { signal })) await store.delete(key, { signal });
  await store.delete(uploadManifestKey(upload), { signal });
}

export interface Opened {
  files: AsyncIterable<Offer>;
  categories?: LabelSource['categories'];
  format?: LabelSource['labels'];
  /** In words. */
  recognised: string | null;
}

/** @throws InvalidInputError unless there are labels as they are wanted */
async function openFolder(folder: string, names: readonly string[], labels: UploadLabels): Promise<Opened> {
  const plain = { files: folderSource(folder), recognised: null };
  if (labels === 'none') return plain;
  const top = commonFolder(names);
  const root = join(folder, top);
  const within = [...names].sort().map((name) => name.slice(top.length));
  if (labels === 'auto' && (await recognise(root, within)).length === 0) return plain;
  const found = await labelledFolder(root, labels);
  return {
    ...{ files: below(top, found.files), categories: found.categories },
    ...{ format: found.labels, recognised: found.recognised },
  };
}

/** The folders that all names have in common, with a slash at the end: a ZIP of one folder. Empty if there are none. */
export function commonFolder(names: readonly string[]): string {
  let [common = ''] = names;
  common = common.slice(0, common.lastIndexOf('/') + 1);
  for (const name of names) {
    while (!name.startsWith(common)) common = common.slice(0, common.lastIndexOf('/', common.length - 2) + 1);
  }
  return common;
}

async function* below(top: string, files: AsyncIterable<Offer>): AsyncGenerator<Offer> {
  for await (const file of files) yield { ...file, name: `${top}${file.name}` };
}
