import type { Activities, Tally } from '@saltworks/contract/messages/activities';
import { queues } from '@saltworks/contract/messages/queues';
import type { ExportRun } from '@saltworks/contract/messages/runs';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** All masks of a dataset that one recipe made, in a format that others read. */
export async function exportDataset(input: ExportRun): Promise<Tally & { id: string }> {
  const { prepareExport, exportShard, finishExport }: Activities = shardActivities(queues.propagate, input);
  const { dataset, recipe, format } = input;
  // Part of what a long run carries over: all its parts export the same masks.
  const { id } = input.plan ?? (await prepareExport({ dataset, recipe, format }));
  const tally = await runShards(
    input,
    (shard) => exportShard({ dataset, shard, recipe, format, id }),
    (next) => continueAsNew<typeof exportDataset>({ ...next, plan: { id } }),
  );
  await finishExport({ dataset, format, id });
  return { ...tally, id };
}
