/** Names and stores masks, of runs and of annotators alike. */
import { type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import { defaultBackbone } from '@saltworks/contract/kinds';
import { maskKey } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import { maskId } from '@saltworks/store/builds/mask-names';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { lineageOf } from './key-sets.ts';
import type { MadeMask, MaskNames } from './mask-file.ts';

/** All that a mask is made from. */
export interface MaskOrigin {
  image: { sha256: string; name: string };
  /** Their bytes. */
  scribbles: Uint8Array;
  /** The settings' name, from `recipeOf`. */
  recipe: string;
  options: SegmentOptions;
  /** Id of the keys. */
  backbone: string;
}

/**
 * Stores a mask under the hash of image, scribbles and recipe, unless it is there.
 *
 * @param make called only if it is not
 * @returns its id, and whether it was made
 */
export async function storeMask(
  store: ObjectStore,
  { image, scribbles, recipe, options, backbone }: MaskOrigin,
  make: (names: MaskNames) => Promise<MadeMask>,
  signal: AbortSignal,
): Promise<{ mask: string; document: MaskDocument; made: boolean }> {
  const mask = maskId(image.sha256, sha256Of(scribbles), recipe);
  // The document is written last: where it is, the PNG is too.
  const known = await readDocument(store, maskKey(mask, '.json'), maskDocument, { signal });
  if (known) return { mask, document: known, made: false };
  const { png, document } = await make({ image: image.name, sha256: image.sha256, mask: `${mask}.png` });
  await store.put(maskKey(mask, '.png'), png, { signal });
  const kept: MaskDocument = { ...document, ...(await originFields(store, { backbone, options }, signal)) };
  await store.put(maskKey(mask, '.json'), JSON.stringify(kept), { signal });
  return { mask, document, made: true };
}

/** What a mask's document says of its origin. Of the default backbone's own keys the id says it all. */
export async function originFields(
  store: ObjectStore,
  { backbone, options }: Pick<MaskOrigin, 'backbone' | 'options'>,
  signal: AbortSignal,
): Promise<Pick<MaskDocument, 'parameters' | 'keys'>> {
  const keys = backbone === defaultBackbone ? undefined : await lineageOf(store, backbone, { signal });
  return { parameters: { backbone, ...options }, ...(keys && { keys }) };
}
