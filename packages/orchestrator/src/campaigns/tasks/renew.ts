/** What becomes of tasks once files of their dataset have changed. */
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { namesPrefix, shardOf } from '@saltworks/contract/layout';
import { isCurrent, readShard } from '@saltworks/store/datasets/dataset';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';

/**
 * Looks at the images that have other names than they were imported with. A task whose image is a former version by now is
 * taken back if nobody ever had it; else it stays with all that was drawn, is open to who has it, and is given to nobody else.
 * An image that is current again is a task again.
 */
export async function renewTasks(
  db: Kysely<Schema>,
  store: ObjectStore,
  campaign: { id: string; filled: number },
  dataset: Pick<Dataset, 'name'>,
): Promise<void> {
  let { filled } = campaign;
  for await (const { key } of store.list(namesPrefix(dataset.name))) {
    const shard = shardOf(key);
    // What is not filled yet will be made of what is there then.
    if (!(shard < campaign.filled)) continue;
    if (await renewShard(db, store, campaign.id, dataset.name, shard)) filled = Math.min(filled, shard);
  }
  if (filled === campaign.filled) return;
  await db
    .updateTable('campaign')
    .set((eb) => ({ filled: eb.fn('least', ['filled', eb.val(filled)]) }))
    .where('id', '=', campaign.id)
    .execute();
}

/** @returns whether images of the shard lack a task */
async function renewShard(
  db: Kysely<Schema>,
  store: ObjectStore,
  campaign: string,
  dataset: string,
  shard: number,
): Promise<boolean> {
  const images = new Map(
    (await readShard(store, dataset, shard, { former: true })).map((image) => [image.sha256, image]),
  );
  const tasks = await db
    .selectFrom('task')
    .select(['id', 'sha256', 'name', 'former'])
    .where('campaign', '=', campaign)
    .where('sha256', 'in', [...images.keys()])
    .execute();
  for (const task of tasks) {
    const image = images.get(task.sha256);
    if (!image) continue;
    images.delete(task.sha256);
    const former = !isCurrent(image);
    if (former) await takeBack(db, task.id);
    if (former !== task.former || image.name !== task.name) {
      await db.updateTable('task').set({ former, name: image.name }).where('id', '=', task.id).execute();
    }
  }
  return [...images.values()].some(isCurrent);
}

const takeBack = (db: Kysely<Schema>, task: string) =>
  db
    .deleteFrom('task')
    .where('id', '=', task)
    // Whoever is taking it counts here before there is an assignment.
    .where('taken', '=', 0)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('assignment').select('id').whereRef('assignment.task', '=', 'task.id'))),
    )
    .execute();
