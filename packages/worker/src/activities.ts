/** The activities that workflows call, over whatever store and backbone they are given. */
import type { Activities } from '@saltworks/core/contract/activities';
import { readDataset } from '@saltworks/store/dataset';
import { Context } from '@temporalio/activity';
import { exportShard, finishExport, prepareExport } from './export.ts';
import { type ExtractDeps, extractShard } from './extract.ts';
import { type PropagateDeps, propagateShard } from './propagate.ts';
import type { Position, Pulse } from './shard.ts';

const BEAT_MS = 2_000;

export function createActivities(deps: ExtractDeps & PropagateDeps): Activities {
  return {
    async describeDataset({ dataset }) {
      const { shards, images } = await readDataset(deps.store, dataset);
      return { shards, images };
    },
    extractShard: (request) => withPulse((pulse) => extractShard(deps, request, pulse)),
    propagateShard: (request) => withPulse((pulse) => propagateShard(deps, request, pulse)),
    prepareExport: (request) => withPulse(({ signal }) => prepareExport(deps.store, request, signal)),
    exportShard: (request) => withPulse((pulse) => exportShard(deps.store, request, pulse)),
    finishExport: (request) => withPulse(({ signal }) => finishExport(deps.store, request, signal)),
  };
}

/** Keeps telling the server that this activity lives, and where it is, while one image takes long. */
async function withPulse<T>(work: (pulse: Pulse) => Promise<T>): Promise<T> {
  const context = Context.current();
  let position: Position | undefined = context.info.heartbeatDetails;
  const timer = setInterval(() => context.heartbeat(position), BEAT_MS);
  try {
    return await work({
      last: position,
      beat(now) {
        position = now;
        context.heartbeat(now);
      },
      signal: context.cancellationSignal,
    });
  } finally {
    clearInterval(timer);
  }
}
