/** Finished exports of a dataset: their list, and one of them as a ZIP file. */
import { Readable } from 'node:stream';
import type { ExportInfo } from '@saltworks/contract/api/exports';
import { exportSummary } from '@saltworks/contract/documents/exports';
import { exportFormatFacts } from '@saltworks/contract/export-formats';
import { exportFilesPrefix, exportPathOf, exportSummaryKey, exportsPrefix } from '@saltworks/contract/layout';
import { readDocument } from '@saltworks/store/objects/documents';
import { folderNames } from '@saltworks/store/objects/folder-names';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { ZipFile } from 'yazl';
import { NotFoundError } from '../errors.ts';

/** The newest first. */
export async function listExports(store: ObjectStore, dataset: string): Promise<ExportInfo[]> {
  const found: ExportInfo[] = [];
  for await (const id of folderNames(store, exportsPrefix(dataset))) {
    const info = await findExport(store, dataset, id);
    if (info) found.push(info);
  }
  return found.sort((a, b) => (a.made < b.made ? 1 : -1));
}

/** @throws NotFoundError unless there is one and it is finished */
export async function exportOf(store: ObjectStore, dataset: string, id: string): Promise<ExportInfo> {
  const found = await findExport(store, dataset, id);
  if (!found) throw new NotFoundError('no such export');
  return found;
}

async function findExport(store: ObjectStore, dataset: string, id: string): Promise<ExportInfo | undefined> {
  const summary = await readDocument(store, exportSummaryKey(dataset, id), exportSummary);
  if (!summary) return undefined;
  const { format, recipe, build = null, schema = null, selection = null, made, files, bytes } = summary;
  const { loses } = exportFormatFacts[format];
  return { id, format, recipe, build, schema, selection, loses, made, files, bytes };
}

/**
 * An export's files as one ZIP file. It reads the store as fast as its reader takes bytes, a file at a time, so memory holds
 * only their names. It ends with an error if the store fails, and reads no further once it is destroyed.
 */
export function zipExport(store: ObjectStore, dataset: string, info: ExportInfo): Readable {
  const root = exportFilesPrefix(dataset, info.id);
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  const stopped = new AbortController();
  const { signal } = stopped;
  let reading: Readable | undefined;
  output.once('close', () => {
    stopped.abort();
    reading?.destroy();
  });
  // The same export gives the same ZIP file.
  const mtime = new Date(info.made);

  const add = (key: string, size: number): Promise<void> =>
    new Promise((read, failed) => {
      const options = { size, mtime, compress: !key.endsWith('.png') };
      zip.addReadStreamLazy(exportPathOf(dataset, info.id, key), options, (give) => {
        reading = Readable.from(store.stream(key, { signal }));
        reading.once('close', read).once('error', failed);
        give(null, reading);
      });
    });
  const addAll = async () => {
    for await (const { key, size } of store.list(root, { signal })) {
      await add(key, size);
      signal.throwIfAborted();
    }
    zip.end();
  };
  // A failing store ends up here, too: half a file must not look like a whole one.
  zip.on('error', (error) => output.destroy(error));
  addAll().catch((error) => output.destroy(error));
  return output;
}
