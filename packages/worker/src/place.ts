/** The import of what lies in a place: the worker's own settings say where that is, and nothing outside of it is read. */
import { hostname } from 'node:os';
import type { UploadLabels } from '@saltworks/contract/api/uploads';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { PlaceRequest } from '@saltworks/contract/messages/uploads';
import { findDataset } from '@saltworks/store/datasets/dataset';
import { type ImportReport, importDataset } from '@saltworks/store/import/import';
import { labelledFolder, looksLabelled } from '@saltworks/store/import/label-source';
import { type Found, findPlace, placeText } from '@saltworks/store/import/places';
import { folderSource, objectSource } from '@saltworks/store/import/sources';
import { openStore, type S3Access } from '@saltworks/store/objects/open';
import type { ImportDeps } from './import.ts';
import { expectedPictures, lookClosely, reportOf, teller } from './import-report.ts';
import type { Opened } from './upload.ts';

/**
 * Brings what is new or changed in a place, or below it, into a dataset. One that was killed at any moment can run again.
 *
 * @throws InvalidInputError if the worker knows no such place, nothing in it can be used, or its labels are not told apart
 */
export async function importPlace(
  { store, maxPixels, s3 = () => ({}) as S3Access, places = [] }: ImportDeps,
  { upload, dataset, labels, from }: PlaceRequest,
  signal: AbortSignal,
): Promise<void> {
  const shown = placeText(from);
  const telling = teller(store, upload);
  try {
    const found = await findPlace(places, from).catch((error: Error) => {
      if (!(error instanceof InvalidInputError)) throw error;
      throw new InvalidInputError(`${error.message}, as the worker on ${hostname()} sees it`);
    });
    const { files, categories, format, recognised } = await openFound(found, labels, s3, signal).catch(
      (error: Error) => {
        if (!(error instanceof InvalidInputError)) throw error;
        throw new InvalidInputError(error.message.replaceAll(found.at, shown));
      },
    );
    const before = await findDataset(store, dataset, { signal });
    const said = (report: ImportReport) => reportOf(report, [], recognised);
    const report = await importDataset(store, dataset, files, {
      // A scheduled import goes on reading from where the dataset came from.
      ...(before ? { source: before.source, labels: before.labels } : { source: found.at, labels: format }),
      ...{ categories, look: lookClosely(maxPixels), signal },
      onProgress: (report) => telling.now({ ...said(report), step: 'importing' }),
    });
    await telling.last({ ...said(report), step: 'done' });
    if (report.files === 0) throw new InvalidInputError(`no picture in ${shown}; ${expectedPictures}`);
  } finally {
    await telling.stop();
  }
}

/** @throws InvalidInputError unless there are labels as they are wanted */
async function openFound(
  { at, within }: Found,
  labels: UploadLabels,
  s3: () => S3Access,
  signal: AbortSignal,
): Promise<Opened> {
  if (within === undefined) {
    if (labels !== 'auto' && labels !== 'none') {
      throw new InvalidInputError(`labels of ${labels} in ${at}; expected a folder: labels in buckets are not read`);
    }
    return { files: objectSource(openStore(at, s3), at, signal), recognised: null };
  }
  if (labels === 'none' || (labels === 'auto' && !(await looksLabelled(at, within)))) {
    return { files: folderSource(at, within), recognised: null };
  }
  const found = await labelledFolder(at, labels, within);
  return {
    ...{ files: found.files, categories: found.categories },
    ...{ format: found.labels, recognised: found.recognised },
  };
}
