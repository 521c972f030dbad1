/** Tasks follow the files of their dataset. */
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { namesPrefix, shardOf } from '@saltworks/contract/layout';
import { isCurrent, readShard } from '@saltworks/store/datasets/dataset';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../../db/schema.ts';

/**
 * Looks at the images that have other names than at their import. If an image is a former version now, its task is deleted
 * unless an annotator has had it; else it stays with all drawings, open to its annotators and given to no other. An image
 * that is current again is a task again.
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
    // Shards yet to be filled will be filled from the files of that time.
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

/** @returns whether current images of the shard lack a task */
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
    // Counted before the assignment is written.
    .where('taken', '=', 0)
    .where((eb) =>
      eb.not(eb.exists(eb.selectFrom('assignment').select('id').whereRef('assignment.task', '=', 'task.id'))),
    )
    .execute();
