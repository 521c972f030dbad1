/** Imports: what a source holds, and the activity that brings its new files into a dataset. */
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { UploadLimits } from '@saltworks/contract/api/uploads';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { LabelFormat } from '@saltworks/contract/label-formats';
import type { FiringEnd, ImportRequest } from '@saltworks/contract/messages/schedules';
import { cocoSource } from '@saltworks/store/import/coco-source';
import { importDataset } from '@saltworks/store/import/import';
import { labelDocument, labelledFolder } from '@saltworks/store/import/label-source';
import type { Offer } from '@saltworks/store/import/offers';
import type { Place } from '@saltworks/store/import/places';
import { folderSource, objectSource } from '@saltworks/store/import/sources';
import { openStore, type S3Access } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { lookAt } from './pictures.ts';

interface SourceOptions {
  s3: () => S3Access;
  /** Folder of the images, where a document does not lie beside them. */
  images?: string;
  /** Of a folder: labels to take as known masks. Default: none, pictures alone. */
  labels?: LabelFormat | 'auto';
  signal?: AbortSignal;
  /** Of a COCO document: how much of it is read, 0 … 1. */
  onProgress?: (share: number) => void;
}

interface Source {
  files: AsyncIterable<Offer>;
  categories?: Dataset['categories'];
  /** The format of the labels beside its pictures, and in words what was recognised. */
  labels?: LabelFormat;
  recognised?: string;
}

/**
 * The files of a folder, with or without labels beside its pictures, of an `s3://` prefix, or of a document: COCO's, CVAT's or
 * Label Studio's.
 *
 * @throws InvalidInputError if there is no such file or folder, or no labels as they are expected
 */
export async function openSource(
  source: string,
  { s3, images, labels, signal, onProgress }: SourceOptions,
): Promise<Source> {
  const isRemote = source.startsWith('s3://');
  if (isRemote && labels !== undefined) {
    throw new InvalidInputError(`--labels ${labels} with ${source}; expected a folder of this machine`);
  }
  if (!isRemote && !(await isFolder(source))) {
    if (images !== undefined && !(await isFolder(images))) {
      throw new InvalidInputError(`--images ${images} is a file; expected a folder`);
    }
    return (await labelDocument(source, images)) ?? cocoSource(source, { images, signal, onProgress });
  }
  if (images !== undefined) {
    throw new InvalidInputError(`--images ${images} with ${source}; expected a document of COCO, CVAT or Label Studio`);
  }
  if (labels !== undefined) return labelledFolder(source, labels);
  return { files: isRemote ? objectSource(openStore(source, s3), source, signal) : folderSource(source) };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new InvalidInputError(`${path}: no such file`);
    throw new InvalidInputError(code === 'EACCES' ? `${path}: permission denied` : message);
  }
}

export interface ImportDeps {
  store: ObjectStore;
  maxPixels: number;
  /** How other buckets are reached. */
  s3?: () => S3Access;
  /** Where administrators may import from on the page. */
  places?: readonly Place[];
  /** What an upload may have. */
  uploadLimits?: UploadLimits;
}

/** Adds the new and changed files of a source to its dataset. Nothing new is no failure. */
export async function importImages(
  { store, maxPixels, s3 = () => ({}) as S3Access }: ImportDeps,
  { dataset, source, labels: beside }: ImportRequest,
  signal: AbortSignal,
): Promise<FiringEnd> {
  const { files, categories, labels } = await openSource(source, { s3, labels: beside, signal }).catch((error) => {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InvalidInputError(`${error.message}, as the worker on ${hostname()} sees it`);
  });
  const look = lookAt({ maxPixels });
  const report = await importDataset(store, dataset, files, { source, labels, categories, look, signal });
  const { added: images, failed } = report;
  const [first] = failed;
  const reason = first ? `${first.name}: ${first.reason}` : null;
  const made = { images, ...(failed.length > 0 ? { failed: failed.length } : {}) };
  if (images > 0) return { outcome: 'done', reason, made };
  if (first) return { outcome: 'failed', reason, made };
  return { outcome: 'skipped', reason: `${source} holds nothing new`, made: {} };
}
