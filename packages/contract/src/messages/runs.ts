/** Runs over datasets: what a workflow is given, what it tells of itself, and how it is paused. */
import { z } from 'zod';
import { exportPlan, maskSettings, prepareExportRequest, tally } from './activities.ts';
import { workflow } from './definitions.ts';

export const runInput = z.object({
  dataset: z.string(),
  /** Shards under way at the same time. */
  window: z.number(),
  /** Tries of one step, a shard above all, before the run fails with the last reason; default `ATTEMPTS`. */
  attempts: z.number().optional(),
  /** Carried from one part of a long run to the next; left out at the start. */
  carried: z.object({ next: z.number(), tally, paused: z.boolean() }).optional(),
});
export type RunInput = z.infer<typeof runInput>;

const extractRun = runInput.extend(maskSettings.pick({ extract: true }).shape);
export type ExtractRun = z.infer<typeof extractRun>;

const propagateRun = runInput.extend(maskSettings.shape);
export type PropagateRun = z.infer<typeof propagateRun>;

const exportRun = runInput.extend(prepareExportRequest.shape).extend({
  /** Settled by the first part of a run. */
  plan: exportPlan.optional(),
});
export type ExportRun = z.infer<typeof exportRun>;

export const progress = tally.extend({
  /** Images of the whole dataset. */
  total: z.number(),
  shards: z.number(),
  shardsDone: z.number(),
  paused: z.boolean(),
});
export type Progress = z.infer<typeof progress>;

/** What every run can be sent. */
const messages = {
  updates: {},
  /** Shards under way are finished; none is started. */
  signals: { pause: z.void(), resume: z.void() },
  queries: { progress },
};

export const extractDataset = workflow({ type: 'extractDataset', input: extractRun, result: tally, ...messages });
export const propagateDataset = workflow({ type: 'propagateDataset', input: propagateRun, result: tally, ...messages });
export const exportDataset = workflow({
  type: 'exportDataset',
  input: exportRun,
  result: tally.extend(exportPlan.shape),
  ...messages,
});

/** By the kind of run. */
export const runWorkflows = { extract: extractDataset, propagate: propagateDataset, export: exportDataset };
export type RunKind = keyof typeof runWorkflows;
export type RunWorkflow = (typeof runWorkflows)[RunKind];
