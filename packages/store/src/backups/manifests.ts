/** The manifests of a destination. */
import { type Manifest, manifest } from '@saltworks/contract/documents/backups';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { backupIdOf, backupKey, backupsPrefix } from '@saltworks/contract/layout';
import { sha256Of } from '../objects/canonical.ts';
import { readText } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

export interface FoundBackup {
  id: string;
  /** sha256 of the manifest, hex. */
  hash: string;
  manifest: Manifest;
}

/** Its time as a name: 2026-11-29T20:45:01.123Z is 20261129T204501123Z. */
export const idOf = (at: string): string => at.replace(/[-:.]/g, '');

/** The oldest first. */
export async function backupIds(at: ObjectStore, options?: CallOptions): Promise<string[]> {
  const ids: string[] = [];
  for await (const { key } of at.list(backupsPrefix, options)) {
    const id = backupIdOf(key);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

/** @throws InvalidInputError, UnreadableDocumentError */
export async function readBackup(at: ObjectStore, id: string, options?: CallOptions): Promise<FoundBackup> {
  const text = await readText(at, backupKey(id), options);
  if (text === undefined) throw new InvalidInputError(`no backup ${id} there`);
  return { id, hash: sha256Of(text), manifest: parseDocument(backupKey(id), text, manifest) };
}

/** The one that is named, or the newest. @throws InvalidInputError if there is none */
export async function findBackup(at: ObjectStore, id?: string, options?: CallOptions): Promise<FoundBackup> {
  const wanted = id ?? (await backupIds(at, options)).at(-1);
  if (wanted === undefined) throw new InvalidInputError('no backup there; expected one that "backup create" made');
  return readBackup(at, wanted, options);
}

/** @throws InvalidInputError if there is one of the same moment */
export async function writeManifest(to: ObjectStore, written: Manifest, options?: CallOptions): Promise<FoundBackup> {
  const id = idOf(written.at);
  const text = `${JSON.stringify(written, null, 1)}\n`;
  if (!(await to.putIfAbsent(backupKey(id), text, options)))
    throw new InvalidInputError(`a backup ${id} is there already`);
  return { id, hash: sha256Of(text), manifest: written };
}
