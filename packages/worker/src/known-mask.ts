/** The known mask of an image, as a plan names it. */
import type { Truth } from '@saltworks/contract/documents/truth';
import { InvalidInputError } from '@saltworks/contract/errors';
import { truthKey } from '@saltworks/contract/layout';
import { isMaskOf, readIdentifiedTruth } from '@saltworks/store/datasets/truth';
import type { ObjectStore } from '@saltworks/store/objects/store';

export interface KnownMask {
  /** A panoptic PNG. */
  mask: Uint8Array;
  segments: Truth['segments_info'];
  categories: Truth['categories'];
}

/**
 * @param known its id when the work was planned
 * @throws InvalidInputError if it is another one by now: not all images would be measured by the same
 */
export async function knownMask(
  store: ObjectStore,
  dataset: string,
  { sha256, name, known }: { sha256: string; name: string; known: string },
  signal: AbortSignal,
): Promise<KnownMask> {
  const mask = await store.get(truthKey(dataset, sha256, '.png'), { signal });
  // After the mask, which is written last: what replaces both shows here at the latest.
  const found = await readIdentifiedTruth(store, { dataset, sha256 }, { signal });
  if (found?.id !== known || !isMaskOf(found.truth, mask)) {
    throw new InvalidInputError(`the known mask of ${name} was replaced; expected the one that the work began with`);
  }
  const { segments_info: segments, categories } = found.truth;
  return { mask, segments, categories };
}
