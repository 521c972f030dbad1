/** Shared by all runs over datasets: a sliding window of shards, progress, pause, and a bounded history. */
import type { ShardActivities, Tally } from '@saltworks/contract/messages/activities';
import { ATTEMPTS, HANDED_OVER } from '@saltworks/contract/messages/attempts';
import { queues } from '@saltworks/contract/messages/queues';
import type { RunInput, RunWorkflow, Stage } from '@saltworks/contract/messages/runs';
import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  proxyActivities,
  type UntypedActivities,
  workflowInfo,
} from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';
import { handle } from './handle.ts';

/** A shard leaves about four events; Temporal takes 51,200 and warns at a fifth of that. */
const SHARDS_A_PART = 1_000;

const retries = ({ attempts: maximumAttempts = ATTEMPTS }: Pick<RunInput, 'attempts'>) => ({
  initialInterval: '1 second' as const,
  maximumInterval: '1 minute' as const,
  maximumAttempts,
  nonRetryableErrorTypes,
});

/** Activities with heartbeats: a worker that falls silent loses its shard to another one within a minute. */
export function shardActivities<Activities extends UntypedActivities = ShardActivities>(
  taskQueue: string,
  run: Pick<RunInput, 'attempts'>,
) {
  const activities = proxyActivities<Activities>({
    taskQueue,
    startToCloseTimeout: '12 hours',
    heartbeatTimeout: '10 seconds',
    retry: retries(run),
  });
  type Ask = (...args: unknown[]) => Promise<unknown>;
  return new Proxy(activities, {
    get: (target, name) => {
      const ask = Reflect.get(target, name) as Ask;
      const patient: Ask = (...args) =>
        ask(...args).catch((error) => (isHandedOver(error) ? patient(...args) : Promise.reject(error)));
      return patient;
    },
  });
}

/** The last attempt that was allowed has not failed: its worker was told to stop. */
const isHandedOver = (error: unknown): boolean =>
  error instanceof ActivityFailure && error.cause instanceof ApplicationFailure && error.cause.type === HANDED_OVER;

/** How much there is to do. */
interface Extent {
  shards: number;
  images: number;
}

/** What a run does besides its shards. */
interface Steps {
  /** Before the first shard, in place of a look at the dataset. */
  prepare?(): Promise<Extent>;
  /** Where a run of several steps is. */
  stage?(): Stage;
  /** Called when it is paused, and when it goes on. */
  onPause?(paused: boolean): void;
}

/**
 * Does every shard once, `window` of them at a time, and adds up their tallies. Continues as new before its history grows
 * long.
 *
 * @param again starts the next part of the run, with the input that carries this part's state
 */
export async function runShards<Input extends RunInput>(
  input: Input,
  doShard: (shard: number) => Promise<Tally>,
  again: (next: Input) => Promise<never>,
  steps?: Steps,
): Promise<Tally> {
  const { next: first, tally, paused: wasPaused } = input.carried ?? { next: 0, tally: zero(), paused: false };
  let next = first;
  let paused = wasPaused;
  let underWay = 0;
  let failure: unknown;
  let dataset: Extent = { shards: 0, images: 0 };
  handle<RunWorkflow>({
    updates: {},
    signals: {
      pause() {
        paused = true;
        steps?.onPause?.(paused);
      },
      resume() {
        paused = false;
        steps?.onPause?.(paused);
      },
    },
    queries: {
      progress: () => ({
        ...tally,
        total: dataset.images,
        shards: dataset.shards,
        shardsDone: next - underWay,
        paused,
        ...(steps?.stage && { stage: steps.stage() }),
      }),
    },
  });
  dataset = await (steps?.prepare?.() ?? describe(input));

  const last = Math.min(dataset.shards, first + SHARDS_A_PART);
  while (next < last && failure === undefined) {
    await condition(() => failure !== undefined || (!paused && underWay < input.window));
    if (failure !== undefined) break;
    underWay++;
    void doShard(next++)
      .then((done) => add(tally, done))
      .catch((error) => {
        failure ??= error;
      })
      .finally(() => {
        underWay--;
      });
    if (workflowInfo().continueAsNewSuggested) break;
  }
  // The other shards may take long; their workers learn at the next heartbeat that the run has failed.
  await condition(() => failure !== undefined || underWay === 0);
  if (failure !== undefined) throw failure;
  if (next < dataset.shards) return again({ ...input, carried: { next, tally, paused } });
  return tally;
}

function describe(run: RunInput): Promise<Extent> {
  const { describeDataset } = proxyActivities<ShardActivities>({
    taskQueue: queues.propagate,
    startToCloseTimeout: '1 minute',
    retry: retries(run),
  });
  return describeDataset({ dataset: run.dataset });
}

export const zero = (): Tally => ({ images: 0, done: 0, cached: 0, failed: 0 });

function add(tally: Tally, { images, done, cached, failed }: Tally): void {
  tally.images += images;
  tally.done += done;
  tally.cached += cached;
  tally.failed += failed;
}
