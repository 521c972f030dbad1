import type { ResultOf } from '@saltworks/contract/messages/definitions';
import type { PrelabelActivities, PrelabelServerActivities } from '@saltworks/contract/messages/prelabel';
import { queues } from '@saltworks/contract/messages/queues';
import type { prelabel as definition, PrelabelRun } from '@saltworks/contract/messages/runs';
import { continueAsNew } from '@temporalio/workflow';
import { runShards, shardActivities, zero } from './shards.ts';

/**
 * Adds up what drawn images teach, shard by shard, then predicts every image without strokes. Whose strokes teach is settled
 * first, so a run that is killed and repeated gives the same masks.
 */
export async function prelabel(input: PrelabelRun): Promise<ResultOf<typeof definition>> {
  const { dataset, subject, extract, preset, solve } = input;
  const { planPrelabels } = shardActivities<PrelabelServerActivities>(queues.server, input);
  const { teachShard, finishTeaching, predictShard, finishPrelabels } = shardActivities<PrelabelActivities>(
    queues.propagate,
    input,
  );
  let { plan: extent, learned, carried } = input;
  let paused = carried?.paused ?? false;
  const onPause = (now: boolean) => {
    paused = now;
  };
  const settle = async () => {
    extent ??= await planPrelabels({ dataset, subject, extract, preset, solve });
    return extent;
  };

  if (!learned) {
    await runShards(
      input,
      async (part) => teachShard({ dataset, plan: (await settle()).plan, part }),
      (next) => continueAsNew<typeof prelabel>({ ...next, plan: extent }),
      {
        prepare: () => settle().then(({ parts, labelled }) => ({ shards: parts, images: labelled })),
        stage: () => 'teaching',
        onPause,
      },
    );
    learned = await finishTeaching({ dataset, plan: (await settle()).plan });
    carried = { next: 0, tally: zero(), paused };
  }
  const { plan, shards, images } = await settle();
  const { model } = learned;
  const tally = await runShards(
    { ...input, carried },
    (shard) => predictShard({ dataset, plan, model, shard }),
    (next) => continueAsNew<typeof prelabel>({ ...next, plan: extent, learned }),
    { prepare: async () => ({ shards, images }), stage: () => 'predicting' },
  );
  await finishPrelabels({ dataset, plan, model });
  return { ...tally, ...learned, predicted: tally.done + tally.cached };
}
