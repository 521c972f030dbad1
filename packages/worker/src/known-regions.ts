/** Masks that images begin with as regions, for servers, which decode no picture. */
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { KnownRegions } from '@saltworks/contract/documents/known-regions';
import { encodeRegions } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import { knownRegionsKey } from '@saltworks/contract/layout';
import type { KnownRequest } from '@saltworks/contract/messages/annotate';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';
import { knownMask } from './known-mask.ts';
import { namesOf, readNamedMask } from './stored-masks.ts';

/**
 * Stores the known mask of an image, or one that was made, as regions. Pixels of segments that its document does not list are left out.
 *
 * @throws InvalidInputError if the mask is gone, was replaced meanwhile, or cannot be read
 */
export async function writeKnownRegions(
  { store }: { store: ObjectStore },
  { dataset, ...image }: KnownRequest,
  signal: AbortSignal,
): Promise<void> {
  const reading = image.stored
    ? readNamedMask(store, image.known, signal)
    : knownMask(store, dataset, image, signal).then(async ({ mask, segments, categories }) => ({
        mask: decodePanoptic(await decodeImage(mask)),
        categories: namesOf({ categories, segments_info: segments }),
      }));
  const { mask, categories } = await reading.catch((error) => {
    if (!(error instanceof ObjectMissingError)) throw error;
    throw new InvalidInputError(`the ${image.stored ? '' : 'known '}mask of ${image.name} is gone`);
  });
  const { ids, width, height } = mask;
  const regions = encodeRegions(ids);
  const document: KnownRegions = {
    ...{ version: 1, width, height },
    segments: [...categories].flatMap(([id, category]) => {
      const region = regions.get(id);
      return region ? [{ category, region }] : [];
    }),
  };
  await store.put(knownRegionsKey(image), JSON.stringify(document), { signal });
}
