/**
 * A backup of a database and a store while people work: the database first, as of one moment, then the objects. All that its
 * rows name was written before them, under a name that is never used again, so it is there when the objects are read.
 */
import {
  type BackedUpObject,
  backedUpObject,
  type DumpLine,
  dumpLine,
  namedMask,
} from '@saltworks/contract/documents/backups';
import { parseDocument } from '@saltworks/contract/documents/document';
import { contentOf } from '@saltworks/contract/layout';
import { inOrder } from '../in-order.ts';
import { storeIdentity } from '../objects/identity.ts';
import { ObjectMissingError, type ObjectStore } from '../objects/store.ts';
import { lockDestination } from './lock.ts';
import { backupIds, type FoundBackup, readBackup, writeManifest } from './manifests.ts';
import { type Extra, type Wanted, wantedObjects } from './objects.ts';
import { type PartWriter, partLines, partWriter } from './parts.ts';
import { isPooled, type Pooled, poolObject } from './pool.ts';

/** Objects that are on their way at a time. */
const atOnce = 8;

export interface CreateOptions {
  store: ObjectStore;
  /** Lines of a dump, begun when they are first asked for. */
  dump: AsyncIterable<string>;
  to: ObjectStore;
  extras: readonly Extra[];
  /** This version. */
  saltworks: string;
  signal: AbortSignal;
  /** Told how many objects are done. */
  progress(done: number): void;
}

export interface Created extends FoundBackup {
  /** Objects that the destination did not have, and bytes in all. */
  sent: { objects: number; bytes: number };
  /** Objects whose bytes are not those that their names say: held as they are. */
  damaged: string[];
}

/**
 * The manifest is written last: a backup that was cut does not exist, and the next one finds what was sent.
 *
 * @throws InvalidInputError if another command writes there
 */
export async function createBackup(options: CreateOptions): Promise<Created> {
  const { store, to, extras, saltworks, signal } = options;
  const unlock = await lockDestination(to);
  try {
    const identity = await storeIdentity(store);
    const [before] = (await backupIds(to, { signal })).slice(-1);
    const { database, masks, sent } = await takeDump(options);
    const known = before === undefined ? [] : (await readBackup(to, before, { signal })).manifest.objects.parts;
    const objects = await takeObjects(options, {
      masks: maskIds(partLines(to, masks, 'the list of masks', { signal })),
      known: objectLines(partLines(to, known, `the list of backup ${before}`, { signal })),
    });
    const { at, ...rest } = database;
    const made = await writeManifest(
      to,
      {
        ...{ version: 1, at, saltworks, store: identity, with: [...extras] },
        database: { ...rest, masks },
        objects: objects.listed,
      },
      { signal },
    );
    return {
      ...made,
      sent: { objects: objects.sent.objects, bytes: objects.sent.bytes + sent },
      damaged: objects.damaged,
    };
  } finally {
    await unlock();
  }
}

const lineOf = (line: string): DumpLine => parseDocument('the dump of the database', line, dumpLine);

async function takeDump({ dump, to, signal }: CreateOptions) {
  const [database, masks] = [partWriter(to, { signal }), partWriter(to, { signal })];
  let into: PartWriter = database;
  let head: Extract<DumpLine, readonly ['database', unknown]>[1] | undefined;
  let rows = 0;
  let ends = 0;
  for await (const line of dump) {
    signal.throwIfAborted();
    if (line.startsWith('{')) {
      if (into === database) rows++;
      await into.add(line);
      continue;
    }
    const control = lineOf(line);
    if (control[0] === 'database') head = control[1];
    if (control[0] === 'end') ends++;
    if (control[0] === 'masks') into = masks;
    if (into === database) await into.add(line);
  }
  if (!head || ends !== 2) throw new Error('the dump of the database was cut; expected its end');
  const [{ parts, sent }, named] = [await database.end(), await masks.end()];
  const { at, level, audit } = head;
  return { database: { at, level, rows, audit, parts }, masks: named.parts, sent: sent + named.sent };
}

async function* maskIds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield parseDocument('the list of masks', line, namedMask).mask;
}

async function* objectLines(lines: AsyncIterable<string>): AsyncGenerator<BackedUpObject> {
  for await (const line of lines) yield parseDocument('the list of objects', line, backedUpObject);
}

interface Lists {
  masks: AsyncIterable<string>;
  /** The objects of the backup before, in the order of their keys. */
  known: AsyncGenerator<BackedUpObject>;
}

async function takeObjects({ store, to, extras, signal, progress }: CreateOptions, { masks, known }: Lists) {
  const list = partWriter(to, { signal });
  const sent = { objects: 0, bytes: 0 };
  const damaged: string[] = [];
  let [count, bytes, absent] = [0, 0, 0];
  const before = following(known);

  const take = async (wanted: Wanted & { known?: BackedUpObject }): Promise<(Pooled & { key: string }) | undefined> => {
    const { key, keeping } = wanted;
    // What never changes, and is in the backup before, is in the pool.
    if (wanted.known && keeping !== 'changing') return { ...wanted.known, sent: false };
    const { size = (await store.head(key, { signal }))?.size } = wanted;
    if (size === undefined) return undefined;
    const sha256 = contentOf(key);
    if (sha256 !== undefined && (await isPooled(to, { sha256, size }, { signal })))
      return { key, sha256, size, sent: false };
    try {
      return { key, ...(await poolObject(to, store, { key, size }, { signal })) };
    } catch (error) {
      if (error instanceof ObjectMissingError) return undefined;
      throw error;
    }
  };
  async function* found(): AsyncGenerator<Wanted & { known?: BackedUpObject }> {
    for await (const wanted of wantedObjects(store, extras, masks, { signal })) {
      const line = await before(wanted.key);
      const same = line && (wanted.size === undefined || line.size === wanted.size);
      yield { ...wanted, ...(same ? { known: line } : {}) };
    }
  }
  const work = async (wanted: Wanted & { known?: BackedUpObject }) => ({ wanted, taken: await take(wanted) });
  for await (const { wanted, taken } of inOrder(found(), atOnce, work)) {
    signal.throwIfAborted();
    if (!taken) {
      // Removed since it was listed; or a mask that was never there.
      if (wanted.keeping === 'masks' && wanted.key.endsWith('.png')) absent++;
      continue;
    }
    const { key, size, sha256 } = taken;
    await list.add(JSON.stringify({ key, size, sha256 } satisfies BackedUpObject));
    if ((contentOf(key) ?? sha256) !== sha256) damaged.push(key);
    if (taken.sent) {
      sent.objects++;
      sent.bytes += size;
    }
    bytes += size;
    progress(++count);
  }
  const listed = await list.end();
  sent.bytes += listed.sent;
  return { listed: { count, bytes, absent, parts: listed.parts }, sent, damaged };
}

/** Finds keys in a sorted list, each after the one before. */
function following(lines: AsyncGenerator<BackedUpObject>): (key: string) => Promise<BackedUpObject | undefined> {
  let head: IteratorResult<BackedUpObject> | undefined;
  return async (key) => {
    head ??= await lines.next();
    while (!head.done && Buffer.compare(Buffer.from(head.value.key), Buffer.from(key)) < 0) head = await lines.next();
    return !head.done && head.value.key === key ? head.value : undefined;
  };
}
