/** The lineage of keys, kept once for all keys of an id. */
import { type KeySet, keySet } from '@saltworks/contract/documents/key-sets';
import { InvalidInputError } from '@saltworks/contract/errors';
import { defaultCodec } from '@saltworks/contract/kinds';
import { keySetKey, keysId } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';
import { readDocument } from '@saltworks/store/objects/documents';
import type { CallOptions, ObjectStore } from '@saltworks/store/objects/store';

/**
 * Notes what keys are made with, before the first of them is stored.
 *
 * @param source layer and sha256 of the open backbone
 * @throws InvalidInputError if keys of this id were made from another file
 */
export async function noteKeySet(
  store: ObjectStore,
  extract: ExtractSettings,
  { layer, sha256 }: { layer: number; sha256: string },
  options?: CallOptions,
): Promise<void> {
  const id = keysId(extract.backbone, extract);
  const { backbone, facet, longSide, codec = defaultCodec } = extract;
  const made: KeySet = {
    ...{ version: 1, backbone, sha256, layer, facet },
    ...(longSide !== undefined && { long_side: longSide }),
    codec,
  };
  if (await store.putIfAbsent(keySetKey(id), JSON.stringify(made), options)) return;
  const known = await readDocument(store, keySetKey(id), keySet, options);
  if (!known || known.sha256 === sha256) return;
  throw new InvalidInputError(
    `backbone ${backbone} has the sha256 ${sha256.slice(0, 12)}…; expected ${known.sha256.slice(0, 12)}…, which made the keys ${id} that are there`,
  );
}
