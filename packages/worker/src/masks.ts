/** Names and stores masks, of runs and of annotators alike. */
import { consensusDocument, type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import { defaultBackbone } from '@saltworks/contract/kinds';
import { maskKey } from '@saltworks/contract/layout';
import type { SegmentOptions } from '@saltworks/contract/options';
import { presets } from '@saltworks/core/options';
import { consensusId, maskId } from '@saltworks/store/builds/mask-names';
import { lineageOf } from '@saltworks/store/datasets/key-sets';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
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
 * @returns its id, whether it was made, and then its PNG
 */
export async function storeMask(
  store: ObjectStore,
  { image, scribbles, recipe, options, backbone }: MaskOrigin,
  make: (names: MaskNames) => Promise<MadeMask>,
  signal: AbortSignal,
): Promise<{ mask: string; document: MaskDocument; made: boolean; png?: Uint8Array }> {
  const mask = maskId(image.sha256, sha256Of(scribbles), recipe);
  // The document is written last: where it is, the PNG is too.
  const known = await readDocument(store, maskKey(mask, '.json'), maskDocument, { signal });
  if (known) return { mask, document: known, made: false };
  const { png, document } = await make(namesOf(image, mask));
  await putMask(
    store,
    mask,
    { png, document: { ...document, ...(await originFields(store, { backbone, options }, signal)) } },
    signal,
  );
  return { mask, document, made: true, png };
}

/** All that the mask of several people's strokes is made from. */
export interface ConsensusOrigin extends Omit<MaskOrigin, 'scribbles'> {
  annotations: readonly { annotator: string; weight: number /** Their bytes. */; scribbles: Uint8Array }[];
}

/** The same for a mask of several people's strokes together. @returns also how much their own masks differ from it */
export async function storeConsensus(
  store: ObjectStore,
  { image, annotations, recipe, options, backbone }: ConsensusOrigin,
  make: (names: MaskNames) => Promise<MadeMask>,
  signal: AbortSignal,
): Promise<{ mask: string; dissent: number; made: boolean; png?: Uint8Array }> {
  const strokes = annotations.map(({ scribbles, ...by }) => ({ ...by, strokes: sha256Of(scribbles) }));
  const mask = consensusId(image.sha256, strokes, recipe);
  const known = await readDocument(store, maskKey(mask, '.json'), consensusDocument, { signal });
  if (known) return { mask, dissent: known.consensus.dissent, made: false };
  const made = await make(namesOf(image, mask));
  const { png, dissent = 0 } = made;
  const document = { ...consensusOf(made, annotations), ...(await originFields(store, { backbone, options }, signal)) };
  await putMask(store, mask, { png, document }, signal);
  return { mask, dissent, made: true, png };
}

/** The document of a mask that several people's strokes gave, which names them. */
export const consensusOf = (
  { document, dissent = 0 }: MadeMask,
  annotations: readonly { annotator: string; weight: number }[],
): MaskDocument => ({
  ...document,
  consensus: { dissent, annotations: annotations.map(({ annotator, weight }) => ({ annotator, weight })) },
});

/** What a mask's document calls its image and its PNG. */
export const namesOf = ({ name, sha256 }: MaskOrigin['image'], mask: string): MaskNames => ({
  image: name,
  sha256,
  mask: `${mask}.png`,
});

export async function putMask(
  store: ObjectStore,
  mask: string,
  { png, document }: Pick<MadeMask, 'png' | 'document'>,
  signal: AbortSignal,
): Promise<void> {
  await store.put(maskKey(mask, '.png'), png, { signal });
  await store.put(maskKey(mask, '.json'), JSON.stringify(document), { signal });
}

/** What a mask's document says of its origin. Of the default backbone's own keys the id says it all. */
export async function originFields(
  store: ObjectStore,
  { backbone, options }: Pick<MaskOrigin, 'backbone' | 'options'>,
  signal: AbortSignal,
): Promise<Pick<MaskDocument, 'parameters' | 'keys'>> {
  const keys = backbone === defaultBackbone ? undefined : await lineageOf(store, backbone, { signal });
  return { parameters: { backbone, ...inOrderOf(presets.best, options) }, ...(keys && { keys }) };
}

/** The same fields, as `model` orders them: a build's settings lie in another order than a run's, and documents are compared. */
function inOrderOf<T>(model: unknown, value: T): T {
  if (typeof value !== 'object' || value === null || typeof model !== 'object' || model === null) return value;
  const names = Object.keys(model).filter((name) => name in value);
  const fields = Object.entries({ ...Object.fromEntries(names.map((name) => [name, undefined])), ...value });
  return Object.fromEntries(fields.map(([name, field]) => [name, inOrderOf(model[name as never], field)])) as T;
}
