/** Runs over datasets: what a workflow is given, what it says of itself, and which signals it takes. */
import type { ExportPlan, ExtractSettings, PrepareExportRequest, PropagateShardRequest, Tally } from './activities.ts';

export interface RunInput {
  dataset: string;
  /** Shards under way at the same time. */
  window: number;
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

/** Names by which workflows are started, asked and told; the types live here, the code in the orchestrator. */
export const workflows = {
  extractDataset: 'extractDataset',
  propagateDataset: 'propagateDataset',
  exportDataset: 'exportDataset',
} as const;
export const progressQuery = 'progress';
export const pauseSignal = 'pause';
export const resumeSignal = 'resume';
