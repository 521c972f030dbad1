/** What a solve hears of a corpus, as it lies in a store. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId, priorKey } from '@saltworks/contract/layout';
import type { ExtractSettings, SegmentOptions } from '@saltworks/contract/options';
import { decodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';

/** The last one of each store: images of a run hear the same. */
const last = new WeakMap<ObjectStore, { id: string; file: Uint8Array; keys: string }>();

/**
 * Bytes of the prior that options name; undefined where they name none.
 *
 * @throws InvalidInputError if there is no such prior, or it was taught with other keys
 */
export async function readPrior(
  store: ObjectStore,
  { corpus: id }: Pick<SegmentOptions, 'corpus'>,
  extract: ExtractSettings,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  if (id === undefined) return undefined;
  let found = last.get(store);
  if (found?.id !== id) {
    const file = await store.get(priorKey(id), { signal }).catch((error) => {
      if (!(error instanceof ObjectMissingError)) throw error;
      throw new InvalidInputError(`no corpus' prior ${id}; expected one of: saltworks prelabel`);
    });
    found = { id, file, keys: decodeCorpusPrior(file).keys };
    last.set(store, found);
  }
  const keys = keysId(extract.backbone, extract);
  if (found.keys === keys) return found.file;
  throw new InvalidInputError(
    `a corpus' prior of the keys ${found.keys}; expected one of ${keys} (saltworks prelabel)`,
  );
}
