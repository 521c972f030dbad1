/** Builds and snapshots as they lie in a store: written from their lines, named by their content, read back. */
import {
  type Build,
  type BuildImage,
  build as buildDocument,
  type Snapshot,
  type SnapshotImage,
  type Subject,
  snapshot as snapshotDocument,
} from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { buildKey, snapshotKey } from '@saltworks/contract/layout';
import { canonical, contentId, sha256Of } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { putLines } from './lines.ts';

type Head = Pick<Build, 'subject' | 'dataset' | 'settings'>;

/**
 * Writes a build. The same content has the same id and the same bytes, whoever writes it.
 *
 * @param shards lines of every shard of the dataset in order, by ascending id; a shard without any is an empty list
 */
export async function writeBuild(
  store: ObjectStore,
  { subject, dataset, settings }: Head,
  shards: AsyncIterable<readonly BuildImage[]> | Iterable<readonly BuildImage[]>,
  options?: CallOptions,
): Promise<Build> {
  const content = { subject, dataset, settings, images: 0, kept: 0, lines: [] as Build['lines'] };
  for await (const lines of shards) {
    content.lines.push(await putLines(store, lines, options));
    content.images += lines.length;
    content.kept += lines.filter(({ kept }) => kept !== undefined).length;
  }
  const written: Build = { version: 1, id: contentId(content), ...content };
  await store.putIfAbsent(buildKey(subject, written.id), canonical(written), options);
  return written;
}

/** @throws InvalidInputError if there is no such build */
export async function readBuild(
  store: ObjectStore,
  subject: Subject,
  id: string,
  options?: CallOptions,
): Promise<Build> {
  const found = await readDocument(store, buildKey(subject, id), buildDocument, options);
  if (found) return found;
  throw new InvalidInputError(`no build ${id} of ${subject.kind} ${subject.name}; expected one that was planned`);
}

/**
 * Writes a snapshot.
 *
 * @param shards as of `writeBuild`
 * @returns its name: the sha256 of its bytes
 */
export async function writeSnapshot(
  store: ObjectStore,
  { subject, dataset, settings }: Head,
  shards: AsyncIterable<readonly SnapshotImage[]> | Iterable<readonly SnapshotImage[]>,
  options?: CallOptions,
): Promise<{ name: string; snapshot: Snapshot }> {
  const snapshot: Snapshot = { version: 1, subject, dataset, settings, images: 0, lines: [] };
  for await (const lines of shards) {
    snapshot.lines.push(await putLines(store, lines, options));
    snapshot.images += lines.length;
  }
  const text = canonical(snapshot);
  const name = sha256Of(text);
  await store.putIfAbsent(snapshotKey(name), text, options);
  return { name, snapshot };
}

/** @throws InvalidInputError if there is none of this name */
export async function readSnapshot(store: ObjectStore, name: string, options?: CallOptions): Promise<Snapshot> {
  const found = await readDocument(store, snapshotKey(name), snapshotDocument, options);
  if (!found) throw new InvalidInputError(`no snapshot ${name}; expected one that was taken`);
  return found;
}
