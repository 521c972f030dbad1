/** Sets of keys that nothing draws on and nobody used for a while are removed: they can be computed again. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import type { FiringEnd } from '@saltworks/contract/messages/schedules';
import { findDataset } from '@saltworks/store/datasets/dataset';
import { DatasetDeletedError } from '@saltworks/store/datasets/shelf';
import { removeKeySet } from '../../datasets/keys.ts';
import { unusedKeys } from '../../datasets/unused-keys.ts';
import { daysAgo } from '../../days-ago.ts';
import { ConflictError, NotFoundError } from '../../errors.ts';
import type { Doing, WorkDeps } from './doing.ts';

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
      const part = await removeKeySet(deps, of, { keys: set, from });
      gone.bytes += part.bytes;
      from = part.next;
      await note({ made: gone });
    }
  };
  // An attempt that broke off has begun with these; what is left of them shows in no list.
  for (const each of keys) {
    const at = each.indexOf('/');
    const of = await findDataset(deps.store, each.slice(0, at)).catch(unlessDeleted);
    if (of) await remove(of, each.slice(at + 1)).catch(unlessInUse);
  }
  const before = daysAgo(unused);
  for await (const { dataset: of, set } of unusedKeys(deps, before, { dataset, signal })) {
    gone.keys.push(`${of.name}/${set.id}`);
    await note({ made: gone });
    await remove(of, set.id).catch((error) => {
      gone.keys.pop();
      unlessInUse(error);
    });
  }
  if (gone.keys.length > 0) return { outcome: 'done', reason: null, made: gone };
  const days = unused === 1 ? 'a day' : `${unused} days`;
  const where = dataset === undefined ? '' : ` of ${dataset}`;
  return { outcome: 'skipped', reason: `no set of keys${where} is unused for ${days}`, made: {} };
}

/** Its dataset was deleted meanwhile, and goes with it or comes back. */
function unlessDeleted(error: unknown): undefined {
  if (!(error instanceof DatasetDeletedError)) throw error;
}

/** Somebody began to draw on it in this moment, or removed it. */
function unlessInUse(error: unknown): void {
  if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error;
}
