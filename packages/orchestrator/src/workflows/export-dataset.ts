import type { Tally } from '@saltworks/contract/messages/activities';
import { queues } from '@saltworks/contract/messages/queues';
import type { ExportRun } from '@saltworks/contract/messages/runs';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/** Writes a mask set in a format that other programs read. */
export async function exportDataset(input: ExportRun): Promise<Tally & { id: string }> {
  const { prepareExport, exportShard, finishExport } = shardActivities(queues.propagate, input);
  const { dataset, recipe, format, pictures, split, schema, selection } = input;
  // Carried over: all parts of a long run fill one export.
  const { id } = input.plan ?? (await prepareExport({ dataset, recipe, format, pictures, split, schema, selection }));
  const tally = await runShards(
    input,
    (shard) => exportShard({ dataset, shard, recipe, format, id }),
    (next) => continueAsNew<typeof exportDataset>({ ...next, plan: { id } }),
  );
  await finishExport({ dataset, format, id });
  return { ...tally, id };
}
