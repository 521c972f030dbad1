/** Known masks of a dataset's images (spec/mask.md): a panoptic PNG, and a document of its segments. */
import type { Category } from '@saltworks/contract/categories';
import { type StoredTruth, storedTruth, type Truth, type TruthSegment } from '@saltworks/contract/documents/truth';
import { truthKey } from '@saltworks/contract/layout';
import { sha256Of } from '../objects/canonical.ts';
import { readDocument } from '../objects/documents.ts';
import type { ObjectStore } from '../objects/store.ts';
import { findDataset } from './dataset.ts';

/**
 * Stores the known mask of an image. The PNG comes last: a PNG that is there has its document.
 *
 * @param categories at least those of the segments
 */
export async function putTruth(
  store: ObjectStore,
  { dataset, sha256, name }: { dataset: string; sha256: string; name?: string },
  {
    png,
    segments,
    categories,
    source,
  }: { png: Uint8Array; segments: readonly TruthSegment[]; categories: readonly Category[]; source?: string },
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  const used = new Set(segments.map(({ category_id }) => category_id));
  const truth: Truth = {
    version: 1,
    segments_info: [...segments],
    categories: categories.filter(({ id }) => used.has(id)),
    mask: sha256Of(png),
    name,
    source,
  };
  await store.put(truthKey(dataset, sha256, '.json'), JSON.stringify(truth), { signal });
  await store.put(truthKey(dataset, sha256, '.png'), png, { signal });
}

/** Whether a PNG belongs to a document. For a moment, an import that replaces both has written only the document. */
export const isMaskOf = ({ mask }: StoredTruth, png: Uint8Array): boolean =>
  mask === undefined || mask === sha256Of(png);

/**
 * The known mask that an image has from another of its names.
 *
 * @param name undefined for the first
 * @param isOthers whether a name, undefined for the first, still belongs to the image
 */
export async function otherTruth(
  store: ObjectStore,
  { dataset, sha256, name }: { dataset: string; sha256: string; name: string | undefined },
  isOthers: (name: string | undefined) => boolean,
  { signal }: { signal?: AbortSignal } = {},
): Promise<StoredTruth | undefined> {
  const stored = await readDocument(store, truthKey(dataset, sha256, '.json'), storedTruth, { signal });
  return stored && stored.name !== name && isOthers(stored.name) ? stored : undefined;
}

/** An id of an image's known mask, which changes with its pixels or classes. Undefined if the image has none. */
export async function truthId(
  store: ObjectStore,
  { dataset, sha256 }: { dataset: string; sha256: string },
): Promise<string | undefined> {
  const stored = await readDocument(store, truthKey(dataset, sha256, '.json'), storedTruth);
  return stored && idOf(stored);
}

const idOf = (stored: StoredTruth): string => sha256Of(JSON.stringify(stored)).slice(0, 16);

/**
 * The segments of an image's known mask; undefined if it has none. Documents from before they had a version lack
 * categories, and take the dataset's.
 */
export const readTruth = async (
  store: ObjectStore,
  image: { dataset: string; sha256: string },
  options?: { signal?: AbortSignal },
): Promise<Truth | undefined> => (await readIdentifiedTruth(store, image, options))?.truth;

/** The same, with its id, as `truthId` tells it. */
export async function readIdentifiedTruth(
  store: ObjectStore,
  { dataset, sha256 }: { dataset: string; sha256: string },
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ truth: Truth; id: string } | undefined> {
  const stored = await readDocument(store, truthKey(dataset, sha256, '.json'), storedTruth, { signal });
  if (!stored) return undefined;
  const { version = 1, segments_info = [], mask, source } = stored;
  const categories = stored.categories ?? (await findDataset(store, dataset, { signal }))?.categories ?? [];
  return { truth: { version, segments_info, categories, mask, source }, id: idOf(stored) };
}
