/** Lists of a dataset's images that filters found: stored once, named by their content, and never changed. */
import { type SelectionDocument, selectionDocument } from '@saltworks/contract/documents/selections';
import { InvalidInputError } from '@saltworks/contract/errors';
import { selectionKey } from '@saltworks/contract/layout';
import { sha256Of } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** @returns its id: the same for the same images, found by the same filter */
export async function writeSelection(store: ObjectStore, content: Omit<SelectionDocument, 'version'>): Promise<string> {
  const text = JSON.stringify({ version: 1, ...content } satisfies SelectionDocument);
  const id = sha256Of(text).slice(0, 16);
  await store.putIfAbsent(selectionKey(content.dataset, id), text);
  return id;
}

export const findSelection = (
  store: ObjectStore,
  dataset: string,
  id: string,
  options?: CallOptions,
): Promise<SelectionDocument | undefined> => readDocument(store, selectionKey(dataset, id), selectionDocument, options);

/** @throws InvalidInputError if there is none */
export async function readSelection(
  store: ObjectStore,
  dataset: string,
  id: string,
  options?: CallOptions,
): Promise<SelectionDocument> {
  const found = await findSelection(store, dataset, id, options);
  if (!found) throw new InvalidInputError(`no selection ${id} of ${dataset}; expected one that a filter made`);
  return found;
}
