/** Masks that images begin with as regions, for servers, which decode no picture. */
import { decodeImage } from '@saltworks/backbone/image/decode';
import { type AttributeValues, attributeValue } from '@saltworks/contract/attributes';
import type { KnownRegions } from '@saltworks/contract/documents/known-regions';
import { encodeRegions } from '@saltworks/contract/documents/run-lengths';
import { InvalidInputError } from '@saltworks/contract/errors';
import { knownRegionsKey } from '@saltworks/contract/layout';
import type { KnownRequest } from '@saltworks/contract/messages/annotate';
import * as z from '@saltworks/contract/zod';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';
import { knownMask } from './known-mask.ts';
import { namesOf, readNamedMask } from './stored-masks.ts';

/**
 * Stores the known mask of an image, or one that was made, as regions. Pixels of segments that its document does not list are left
 * out. Segments of a known mask bring their values along.
 *
 * @throws InvalidInputError if the mask is gone, was replaced meanwhile, or cannot be read
 */
export async function writeKnownRegions(
  { store }: { store: ObjectStore },
  { dataset, ...image }: KnownRequest,
  signal: AbortSignal,
): Promise<void> {
  const reading = image.stored
    ? readNamedMask(store, image.known, signal).then((read) => ({
        ...read,
        values: new Map<number, AttributeValues>(),
      }))
    : knownMask(store, dataset, image, signal).then(async ({ mask, segments, categories }) => ({
        mask: decodePanoptic(await decodeImage(mask)),
        categories: namesOf({ categories, segments_info: segments }),
        values: new Map(segments.map(({ id, attributes }) => [id, valuesOf(attributes)])),
      }));
  const { mask, categories, values } = await reading.catch((error) => {
    if (!(error instanceof ObjectMissingError)) throw error;
    throw new InvalidInputError(`the ${image.stored ? '' : 'known '}mask of ${image.name} is gone`);
  });
  const { ids, width, height } = mask;
  const regions = encodeRegions(ids);
  const document: KnownRegions = {
    ...{ version: 1, width, height },
    segments: [...categories].flatMap(([id, category]) => {
      const region = regions.get(id);
      const attributes = values.get(id);
      return region ? [{ category, region, ...(attributes && { attributes }) }] : [];
    }),
  };
  await store.put(knownRegionsKey(image), JSON.stringify(document), { signal });
}

/** Those of a source's values that a segment may have: nothing of them is checked. */
function valuesOf(given: unknown): AttributeValues | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const values = Object.entries(given).filter(([, value]) => z.safeParse(attributeValue, value).success);
  return values.length > 0 ? Object.fromEntries(values) : undefined;
}
