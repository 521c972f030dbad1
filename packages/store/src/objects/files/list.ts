/** Listing files in the order of their keys. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkPrefix, isKey, type ListOptions, type ObjectInfo } from '../store.ts';
import { explain, ifAbsent, isAbsent } from './failures.ts';
import type { Root } from './root.ts';

/** Files that a listing looks at side by side. */
const STATS_AT_ONCE = 64;

/** Objects in the order of their keys' UTF-8 bytes. */
export async function* list(root: Root, prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void> {
  checkPrefix(prefix);
  options.signal?.throwIfAborted();
  const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  try {
    const path = join(await root.real(), base);
    if (base) await root.refuseLinks(path.slice(0, -1), base);
    yield* walk(root, path, base, prefix.slice(base.length), options);
  } catch (error) {
    if (!isAbsent(error)) throw explain(error, prefix, root.folder);
  }
}

/**
 * One folder's files, and its folders as deep as they go, each sorted by its keys.
 *
 * @param prefix of the folder's keys: empty, or ends with `/`
 * @param rest of the entries' names, each starts with it
 */
async function* walk(
  root: Root,
  path: string,
  prefix: string,
  rest: string,
  { after = '', signal }: ListOptions,
): AsyncGenerator<ObjectInfo, void> {
  signal?.throwIfAborted();
  const entries = (await readdir(path, { withFileTypes: true }).catch(ifAbsent([])))
    .filter((entry) => entry.name.startsWith(rest) && isKey(prefix + entry.name))
    .map((entry) => ({ entry, order: prefix + entry.name + (entry.isDirectory() ? '/' : '') }))
    // Skip folders that sort before `after`, unless `after` lies inside.
    .filter(({ entry, order }) => compareBytes(order, after) > 0 || (entry.isDirectory() && after.startsWith(order)))
    .sort((a, b) => compareBytes(a.order, b.order));
  for (let i = 0; i < entries.length; ) {
    const { entry, order } = entries[i];
    if (entry.isDirectory()) {
      yield* walk(root, join(path, entry.name), order, '', { after, signal });
      i++;
      continue;
    }
    const batch: Promise<ObjectInfo | undefined>[] = [];
    for (; i < entries.length && batch.length < STATS_AT_ONCE && !entries[i].entry.isDirectory(); i++) {
      if (entries[i].entry.isFile()) batch.push(root.infoOf(entries[i].order, join(path, entries[i].entry.name)));
    }
    for (const info of await Promise.all(batch)) {
      signal?.throwIfAborted();
      if (info) yield info;
    }
  }
}

/** The order of the UTF-8 bytes. UTF-16, in which strings compare, differs only above the surrogates. */
function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (HIGH.test(a) && HIGH.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

const HIGH = /[\ud800-\uffff]/;
