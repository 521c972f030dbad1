/** Known masks as regions, for servers, which decode no picture. */
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { KnownRegions } from '@saltworks/contract/documents/known-regions';
import { encodeRegions } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import { knownRegionsKey } from '@saltworks/contract/layout';
import type { KnownRequest } from '@saltworks/contract/messages/annotate';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';
import { knownMask } from './known-mask.ts';
import { namesOf } from './stored-masks.ts';

/**
 * Stores the known mask of an image as regions. Pixels of segments that its document does not list are left out.
 *
 * @throws InvalidInputError if the mask was replaced meanwhile, or cannot be read
 */
export async function writeKnownRegions(
  { store }: { store: ObjectStore },
  { dataset, ...image }: KnownRequest,
  signal: AbortSignal,
): Promise<void> {
  const { mask, segments, categories } = await knownMask(store, dataset, image, signal).catch((error) => {
    if (error instanceof ObjectMissingError) throw new InvalidInputError(`the known mask of ${image.name} is gone`);
    throw error;
  });
  const { ids, width, height } = decodePanoptic(await decodeImage(mask));
  const regions = encodeRegions(ids);
  const names = namesOf({ categories, segments_info: segments });
  const document: KnownRegions = {
    ...{ version: 1, width, height },
    segments: segments.flatMap(({ id }) => {
      const region = regions.get(id);
      return region ? [{ category: names.get(id) ?? '', region }] : [];
    }),
  };
  await store.put(knownRegionsKey(image), JSON.stringify(document), { signal });
}
