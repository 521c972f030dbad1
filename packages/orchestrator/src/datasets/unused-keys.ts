/** Sets of keys that may go: nothing draws on them, and nobody used them for a while. */
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { keysReportsPrefix } from '@saltworks/contract/layout';
import { listDatasets } from '@saltworks/store/datasets/dataset';
import { keySetsOf, type StoredKeys } from '@saltworks/store/datasets/key-sets';
import { placeOf } from '@saltworks/store/datasets/shelf';
import type { CallOptions, ObjectStore } from '@saltworks/store/objects/store';
import type { Deps } from '../api/routes.ts';
import { drawnBy, lastUses, underWay } from './keys-use.ts';

type UnusedDeps = Pick<Deps, 'db' | 'store' | 'runs'>;

/**
 * @param before nobody used them since
 * @param options.dataset name of the one that is looked at; default all
 */
export async function* unusedKeys(
  deps: UnusedDeps,
  before: Date,
  { dataset: only, ...options }: CallOptions & { dataset?: string } = {},
): AsyncGenerator<{ dataset: Dataset; set: StoredKeys }> {
  for await (const dataset of listDatasets(deps.store, options)) {
    if (only !== undefined && dataset.name !== only) continue;
    // It goes with its keys, or comes back with them.
    if ((await placeOf(deps.store, dataset.name, options)).deleted) continue;
    const now = await underWay(deps, dataset);
    const uses = await lastUses(deps, dataset, now.runs);
    for await (const set of keySetsOf(deps.store, dataset, options)) {
      if ((await drawnBy(deps, dataset, set.id, now)) !== undefined) continue;
      const last = Math.max(uses.get(set.id)?.getTime() ?? 0, await madeAt(deps.store, dataset, set.id));
      if (last <= before.getTime()) yield { dataset, set };
    }
  }
}

/** When the last keys of a set were made, milliseconds since 1970. */
async function madeAt(store: ObjectStore, { name }: Dataset, keys: string): Promise<number> {
  let last = 0;
  for await (const { modified } of store.list(keysReportsPrefix(name, keys))) last = Math.max(last, modified.getTime());
  return last;
}
