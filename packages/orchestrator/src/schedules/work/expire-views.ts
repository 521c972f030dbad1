/** Views and thumbnails are removed by their age, and what processes that died left: nobody misses them. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import type { FiringEnd } from '@saltworks/contract/messages/schedules';
import { expireLeftovers, expireViews } from '@saltworks/store/storage/expire';
import { daysAgo } from '../../days-ago.ts';
import type { Doing, WorkDeps } from './doing.ts';

export async function doViewsExpiry(
  { store }: Pick<WorkDeps, 'store'>,
  { older }: Extract<ScheduleWork, { kind: 'expire-views' }>,
  { signal, made, note }: Pick<Doing, 'signal' | 'made' | 'note'>,
): Promise<FiringEnd> {
  let { views = 0, bytes = 0 } = made;
  const before = daysAgo(older);
  const count = async (part: { removed: number; bytes: number }) => {
    views += part.removed;
    bytes += part.bytes;
    if (part.removed > 0) await note({ made: { views, bytes } });
  };
  await count(await expireLeftovers(store, { signal }));
  for (let after: string | undefined; ; ) {
    signal.throwIfAborted();
    const part = await expireViews(store, before, { after, signal });
    await count(part);
    if (part.next === null) break;
    after = part.next;
  }
  if (views > 0) return { outcome: 'done', reason: null, made: { views, bytes } };
  const days = older === 1 ? 'a day' : `${older} days`;
  return { outcome: 'skipped', reason: `no view is older than ${days}`, made: {} };
}
