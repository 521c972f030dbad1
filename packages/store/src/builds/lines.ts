/** Lines of builds and snapshots, a shard of the dataset at a time, named by their content. */
import { type BuildImage, buildImage, type SnapshotImage, snapshotImage } from '@saltworks/contract/documents/builds';
import { parseLines } from '@saltworks/contract/documents/document';
import { buildLinesKey } from '@saltworks/contract/layout';
import type { Schema } from '@saltworks/contract/zod';
import { canonical, sha256Of } from '../objects/canonical.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** @returns the sha256 that names them; null where there are none */
export async function putLines(
  store: ObjectStore,
  lines: readonly (BuildImage | SnapshotImage)[],
  options?: CallOptions,
): Promise<string | null> {
  if (lines.length === 0) return null;
  const text = lines.map((line) => `${canonical(line)}\n`).join('');
  const sha256 = sha256Of(text);
  await store.putIfAbsent(buildLinesKey(sha256), text, options);
  return sha256;
}

const readLines =
  <T>(schema: Schema<T>) =>
  async (store: ObjectStore, sha256: string | null | undefined, options?: CallOptions): Promise<T[]> => {
    if (sha256 === null || sha256 === undefined) return [];
    const key = buildLinesKey(sha256);
    return parseLines(key, new TextDecoder().decode(await store.get(key, options)), schema);
  };

/** @param sha256 as a Build's `lines` has it @throws ObjectMissingError */
export const readBuildLines = readLines(buildImage as Schema<BuildImage>);
/** @param sha256 as a Snapshot's `lines` has it @throws ObjectMissingError */
export const readSnapshotLines = readLines(snapshotImage as Schema<SnapshotImage>);
