/** Runs over datasets: what a workflow is given, what it tells of itself, and how it is paused. */
import * as z from '../zod.ts';
import { exportPlan, maskSettings, prepareExportRequest, tally } from './activities.ts';
import { workflow } from './definitions.ts';

export const runInput = z.object({
  dataset: z.string(),
  /** Shards under way at the same time. */
  window: z.number(),
  /** Tries of one step, a shard above all, before the run fails with the last reason; default `ATTEMPTS`. */
  attempts: z.optional(z.number()),
  /** Carried from one part of a long run to the next; left out at the start. */
  carried: z.optional(z.object({ next: z.number(), tally, paused: z.boolean() })),
});
export type RunInput = z.infer<typeof runInput>;

const extractRun = z.extend(runInput, {
  ...z.pick(maskSettings, { extract: true }).shape,
  /** Whether keys that are there are read and checked. */
  verify: z.optional(z.boolean()),
});
export type ExtractRun = z.infer<typeof extractRun>;

const propagateRun = z.extend(runInput, maskSettings.shape);
export type PropagateRun = z.infer<typeof propagateRun>;

const exportRun = z.extend(z.extend(runInput, prepareExportRequest.shape), {
  /** Settled by the first part of a run. */
  plan: z.optional(exportPlan),
});
export type ExportRun = z.infer<typeof exportRun>;

export const progress = z.extend(tally, {
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
  result: z.extend(tally, exportPlan.shape),
  ...messages,
});

/** By the kind of run. */
export const runWorkflows = { extract: extractDataset, propagate: propagateDataset, export: exportDataset };
export type RunKind = keyof typeof runWorkflows;
export type RunWorkflow = (typeof runWorkflows)[RunKind];
