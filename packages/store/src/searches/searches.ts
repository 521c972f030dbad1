/** Searches by example as they lie in a store: what is looked for, named by its content; what was found; the index. */
import {
  type IndexReport,
  indexReport,
  type SearchQuery,
  type SearchReport,
  searchQuery,
  searchReport,
} from '@saltworks/contract/documents/searches';
import { InvalidInputError } from '@saltworks/contract/errors';
import { indexKey, indexReportKey, searchQueryKey, searchReportKey } from '@saltworks/contract/layout';
import { decodeKeyIndex, type KeyIndex } from '@saltworks/core/formats/key-index';
import { contentId } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** @returns the query's id: the same for the same content */
export async function writeQuery(
  store: ObjectStore,
  content: Omit<SearchQuery, 'version'>,
  options?: CallOptions,
): Promise<string> {
  const query: SearchQuery = { version: 1, ...content };
  const id = contentId(query);
  await store.putIfAbsent(searchQueryKey(query.dataset, id), JSON.stringify(query), options);
  return id;
}

export const findQuery = (
  store: ObjectStore,
  { dataset, query }: { dataset: string; query: string },
  options?: CallOptions,
): Promise<SearchQuery | undefined> => readDocument(store, searchQueryKey(dataset, query), searchQuery, options);

/** @throws InvalidInputError if there is no such query */
export async function readQuery(
  store: ObjectStore,
  { dataset, query }: { dataset: string; query: string },
  options?: CallOptions,
): Promise<SearchQuery> {
  const found = await findQuery(store, { dataset, query }, options);
  if (found) return found;
  throw new InvalidInputError(`no search ${query} of ${dataset}; expected one that was asked for (saltworks search)`);
}

export async function putSearchReport(
  store: ObjectStore,
  { dataset, query }: { dataset: string; query: string },
  report: SearchReport,
  options?: CallOptions,
): Promise<void> {
  await store.put(searchReportKey(dataset, query), JSON.stringify(report), options);
}

export const readSearchReport = (
  store: ObjectStore,
  { dataset, query }: { dataset: string; query: string },
  options?: CallOptions,
): Promise<SearchReport | undefined> => readDocument(store, searchReportKey(dataset, query), searchReport, options);

/** A shard of the index of a set of keys. @property keys the set's id */
interface OfShard {
  dataset: string;
  keys: string;
  shard: number;
}

export const readIndexReport = (
  store: ObjectStore,
  { dataset, keys, shard }: OfShard,
  options?: CallOptions,
): Promise<IndexReport | undefined> => readDocument(store, indexReportKey(dataset, keys, shard), indexReport, options);

/** Writes a shard's part, its report last. @param file undefined where no image has keys */
export async function putIndex(
  store: ObjectStore,
  { dataset, keys, shard }: OfShard,
  { file, report }: { file: Uint8Array | undefined; report: IndexReport },
  options?: CallOptions,
): Promise<void> {
  if (file) await store.put(indexKey(dataset, keys, shard), file, options);
  else await store.delete(indexKey(dataset, keys, shard), options);
  await store.put(indexReportKey(dataset, keys, shard), JSON.stringify(report), options);
}

/** Undefined where none of the shard's images is in the index. */
export async function readIndex(
  store: ObjectStore,
  { dataset, keys, shard }: OfShard,
  options?: CallOptions,
): Promise<KeyIndex | undefined> {
  const report = await readIndexReport(store, { dataset, keys, shard }, options);
  if (!report || report.images === report.failures.length) return undefined;
  return decodeKeyIndex(await store.get(indexKey(dataset, keys, shard), options));
}
