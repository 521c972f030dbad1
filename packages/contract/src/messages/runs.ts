/** Runs over datasets: what a workflow is given, what it says of itself, and which signals it takes. */

import type { ExtractSettings } from '../options.ts';
import type { ExportPlan, PrepareExportRequest, PropagateShardRequest, Tally } from './activities.ts';

export interface RunInput {
  dataset: string;
  /** Shards under way at the same time. */
  window: number;
  /** Tries of one step, a shard above all, before the run fails with the last reason; default {@link ATTEMPTS}. */
  attempts?: number;
  /** Carried from one part of a long run to the next; left out at the start. */
  carried?: { next: number; tally: Tally; paused: boolean };
}

export interface ExtractRun extends RunInput {
  extract: ExtractSettings;
}

export interface PropagateRun extends RunInput, Pick<PropagateShardRequest, 'extract' | 'preset' | 'solve'> {}

export interface ExportRun extends RunInput, PrepareExportRequest {
  /** Settled by the first part of a run. */
  plan?: ExportPlan;
}

export interface Progress extends Tally {
  /** Images of the whole dataset. */
  total: number;
  shards: number;
  shardsDone: number;
  paused: boolean;
}

/** Tries of one step of a run: with the pauses between them a quarter of an hour, at least. */
export const ATTEMPTS = 20;

/** Why a run gets on slowly, or not at all. */
export interface Standing {
  /** A queue that holds a task of the run while nobody polls it. */
  waiting: Waiting | null;
  /** Of the steps that failed and are tried again, the one that failed most often. */
  failing: Failing | null;
}

export interface Waiting {
  queue: string;
  /** Of Temporal, host:port. */
  address: string;
  namespace: string;
  /** The command that polls the queue. */
  start: string;
}

export interface Failing {
  /** Of the last attempt. */
  reason: string;
  /** How often it has failed, and how often it may; 0 for as often as it takes. */
  attempts: number;
  most: number;
}

export const waitingText = ({ queue, address, namespace, start }: Waiting): string =>
  `nobody polls ${queue} at Temporal ${address}, namespace ${namespace}; the run goes on once somebody starts: ${start}`;

export const failingText = ({ reason, attempts, most }: Failing): string =>
  `failed ${attempts === 1 ? 'once' : `${attempts} times`}${most > 0 ? ` of ${most}` : ''}, to be tried again: ${reason}`;

/** Images that a run is through with. */
export const throughOf = ({ done, cached, failed }: Tally): number => done + cached + failed;

/**
 * How far a run is, 0 … 1. It may have nothing to do with many an image (without scribbles, without a mask), so that shards
 * are counted; one that is over is through with all there is.
 */
export const shareOf = ({ shards, shardsDone }: Progress, over: boolean): number =>
  over || (shards > 0 && shardsDone >= shards) ? 1 : shardsDone / Math.max(1, shards);

/** Names by which workflows are started, asked and told; the types live here, the code in the orchestrator. */
export const workflows = {
  extractDataset: 'extractDataset',
  propagateDataset: 'propagateDataset',
  exportDataset: 'exportDataset',
} as const;
export const progressQuery = 'progress';
export const pauseSignal = 'pause';
export const resumeSignal = 'resume';
