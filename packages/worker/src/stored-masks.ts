/** Masks as they are compared: those that were made, and known ones. */
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { Category } from '@saltworks/contract/categories';
import { type MaskDocument, maskDocument, type SegmentInfo } from '@saltworks/contract/documents/masks';
import { maskKey, truthKey } from '@saltworks/contract/layout';
import type { NamedMask } from '@saltworks/core/builds/compare-masks';
import type { KnownMask } from '@saltworks/core/crowd/known-image';
import { decodePanoptic, type Mask } from '@saltworks/core/mask/mask';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { isMaskOf, readTruth } from '@saltworks/store/datasets/truth';
import { readDocument } from '@saltworks/store/objects/documents';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';

/** @throws ObjectMissingError */
export async function readMaskDocument(store: ObjectStore, id: string, signal: AbortSignal): Promise<MaskDocument> {
  const document = await readDocument(store, maskKey(id, '.json'), maskDocument, { signal });
  if (!document) throw new ObjectMissingError(maskKey(id, '.json'));
  return document;
}

/** Names of a mask's segments; '' where it has none. */
export function namesOf({
  categories,
  segments_info,
}: {
  categories: readonly Pick<Category, 'id' | 'name'>[];
  segments_info: readonly Pick<SegmentInfo, 'id' | 'category_id'>[];
}) {
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  return new Map(segments_info.map(({ id, category_id }) => [id, names.get(category_id) ?? '']));
}

/** A mask that was made, and the names of its segments. @throws ObjectMissingError */
export async function readNamedMask(store: ObjectStore, id: string, signal: AbortSignal): Promise<NamedMask> {
  const mask = await readPixels(store, maskKey(id, '.png'), signal);
  return { mask, categories: namesOf(await readMaskDocument(store, id, signal)) };
}

/**
 * The known mask of an image, and the classes to compare it in.
 *
 * @param classes that an annotator could choose from
 * @throws ObjectMissingError if there is none
 */
export async function readKnownMask(
  store: ObjectStore,
  { dataset, sha256 }: { dataset: string; sha256: string },
  classes: string[],
  signal: AbortSignal,
): Promise<[KnownMask, { classes: string[]; listed: string[] }]> {
  const png = truthKey(dataset, sha256, '.png');
  const truth = await readTruth(store, { dataset, sha256 }, { signal });
  if (!truth) throw new ObjectMissingError(png);
  const file = await store.get(png, { signal });
  if (!isMaskOf(truth, file)) throw new Error(`${png} is being replaced; expected another try`);
  const { categories: listed } = await readDataset(store, dataset, { signal });
  return [
    { mask: decodePanoptic(await decodeImage(file)), segments: truth.segments_info, categories: truth.categories },
    { classes, listed: listed.map(({ name }) => name) },
  ];
}

const readPixels = async (store: ObjectStore, key: string, signal: AbortSignal): Promise<Mask> =>
  decodePanoptic(await decodeImage(await store.get(key, { signal })));
