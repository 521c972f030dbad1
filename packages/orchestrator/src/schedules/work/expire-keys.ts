/** Sets of keys that nothing draws on and nobody used for a while are removed: they can be computed again. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { keysReportsPrefix } from '@saltworks/contract/layout';
import type { FiringEnd } from '@saltworks/contract/messages/schedules';
import { findDataset, listDatasets } from '@saltworks/store/datasets/dataset';
import { keySetsOf } from '@saltworks/store/datasets/key-sets';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { removeKeySet } from '../../datasets/keys.ts';
import { drawnBy, lastUses } from '../../datasets/keys-use.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import type { Doing, WorkDeps } from './doing.ts';

const DAY_MS = 86_400_000;

export async function doExpiry(
  deps: WorkDeps,
  { dataset, unused }: Extract<ScheduleWork, { kind: 'expire-keys' }>,
  { signal, made, note }: Doing,
): Promise<FiringEnd> {
  const { keys = [], bytes = 0 } = made;
  const gone = { keys: [...keys], bytes };
  const remove = async (of: Dataset, set: string) => {
    for (let from: number | null = 0; from !== null; ) {
      signal.throwIfAborted();
      const part = await removeKeySet(deps, of, { keys: set, from, runs: () => deps.runs.list(of.name) });
      gone.bytes += part.bytes;
      from = part.next;
      await note({ made: gone });
    }
  };
  // An attempt that broke off has begun with these; what is left of them shows in no list.
  for (const each of keys) {
    const at = each.indexOf('/');
    const of = await findDataset(deps.store, each.slice(0, at));
    if (of) await remove(of, each.slice(at + 1)).catch(unlessInUse);
  }
  const before = new Date(Date.now() - unused * DAY_MS);
  for await (const of of listDatasets(deps.store, { signal })) {
    if (dataset !== undefined && of.name !== dataset) continue;
    for (const set of await unusedSets(deps, of, before)) {
      gone.keys.push(`${of.name}/${set}`);
      await note({ made: gone });
      await remove(of, set).catch((error) => {
        gone.keys.pop();
        unlessInUse(error);
      });
    }
  }
  if (gone.keys.length > 0) return { outcome: 'done', reason: null, made: gone };
  const days = unused === 1 ? 'a day' : `${unused} days`;
  const where = dataset === undefined ? '' : ` of ${dataset}`;
  return { outcome: 'skipped', reason: `no set of keys${where} is unused for ${days}`, made: {} };
}

/** Somebody began to draw on it in this moment, or removed it. */
function unlessInUse(error: unknown): void {
  if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error;
}

/** Sets of a dataset that nothing draws on, and that nobody used since. */
async function unusedSets(deps: WorkDeps, dataset: Dataset, since: Date): Promise<string[]> {
  const runs = await deps.runs.list(dataset.name);
  const uses = await lastUses(deps, dataset, runs);
  const found: string[] = [];
  for await (const { id } of keySetsOf(deps.store, dataset)) {
    if ((await drawnBy(deps, dataset, id, runs)) !== undefined) continue;
    const last = Math.max(uses.get(id)?.getTime() ?? 0, await madeAt(deps.store, dataset, id));
    if (last <= since.getTime()) found.push(id);
  }
  return found;
}

/** When the last keys of a set were made, milliseconds since 1970. */
async function madeAt(store: ObjectStore, { name }: Dataset, keys: string): Promise<number> {
  let last = 0;
  for await (const { modified } of store.list(keysReportsPrefix(name, keys))) last = Math.max(last, modified.getTime());
  return last;
}
