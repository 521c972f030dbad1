import type { Tally } from '@saltworks/contract/messages/activities';
import type { ResultOf } from '@saltworks/contract/messages/definitions';
import { queues } from '@saltworks/contract/messages/queues';
import type { BuildActivities, RelabelActivities } from '@saltworks/contract/messages/relabel';
import type { relabel as definition, RelabelRun, Stage } from '@saltworks/contract/messages/runs';
import { ActivityFailure, CancellationScope, ContinueAsNew, continueAsNew, isCancellation } from '@temporalio/workflow';
import { runShards, shardActivities } from './shards.ts';

/**
 * Makes all masks of a campaign or a dataset anew from its strokes, compares them with what is shown, and shows them or has
 * them held. The new build is named before its first mask is made, so a run that is killed and repeated makes the same one.
 */
export async function relabel(input: RelabelRun): Promise<ResultOf<typeof definition>> {
  const { dataset, subject, extract, preset, solve, keep, promote, thresholds } = input;
  const asked = { subject, by: input.by, why: input.why, schedule: input.schedule };
  const { takeSnapshot, planBuild, extractKeys, settleBuild, failRelabel } = shardActivities<RelabelActivities>(
    queues.server,
    input,
  );
  const { buildShard, compareShard, finishComparison } = shardActivities<BuildActivities>(queues.propagate, input);
  let { plan } = input;
  let stage: Stage = plan ? 'building' : 'extracting';

  async function prepare(): Promise<{ shards: number; images: number }> {
    if (plan) return plan;
    // First: it may take a night, and then the newest strokes count. What keys are made with is known from here on.
    await extractKeys({ dataset, extract });
    const { snapshot, shown: base, shards } = await takeSnapshot({ subject, by: input.by });
    const settings = { extract, preset, solve };
    const { build, images } = await planBuild({ ...asked, snapshot, base, settings, keep });
    plan = { build, base, images, shards };
    stage = 'building';
    return plan;
  }

  const settled = () => {
    if (!plan) throw new TypeError('no build is planned; expected one before its shards');
    return plan;
  };

  async function doShard(shard: number): Promise<Tally> {
    const { build, base } = settled();
    const at = { dataset, subject, shard };
    const tally = await buildShard({ ...at, build });
    if (base !== null) await buildShard({ ...at, build: base });
    await compareShard({ ...at, build, base });
    return tally;
  }

  try {
    const tally = await runShards(input, doShard, (next) => continueAsNew<typeof relabel>({ ...next, plan }), {
      prepare,
      stage: () => stage,
    });
    stage = 'comparing';
    const { build, base } = settled();
    const { changed } = await finishComparison({ dataset, subject, build, base });
    const { failed } = tally;
    const end = await settleBuild({ ...asked, build, base, promote, thresholds, failed });
    return { ...tally, build, base, changed, ...end };
  } catch (error) {
    if (error instanceof ContinueAsNew) throw error;
    const failed = { ...asked, build: plan?.build ?? null, reason: reasonOf(error) };
    await CancellationScope.nonCancellable(() => failRelabel(failed));
    throw error;
  }
}

/** Null of a run that somebody ended. */
function reasonOf(error: unknown): string | null {
  if (isCancellation(error)) return null;
  return (error instanceof ActivityFailure && error.cause ? error.cause : (error as Error)).message;
}
