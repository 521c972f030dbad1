/** Runs over datasets: what a workflow is given, what it tells of itself, and how it is paused. */
import { subject } from '../documents/builds.ts';
import { gate, gateThresholds } from '../documents/comparisons.ts';
import * as z from '../zod.ts';
import { exportPlan, maskSettings, prepareExportRequest, retry, tally } from './activities.ts';
import { type ActivitiesOf, type ActivityDefinitions, workflow } from './definitions.ts';
import { learned, prelabelExtent, prelabelRequest } from './prelabel.ts';
import { asking, keepPolicies, promoteModes } from './relabel.ts';
import { findPlacesRequest, found } from './search.ts';

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
  retry: z.optional(retry),
});
export type ExtractRun = z.infer<typeof extractRun>;

const propagateRun = z.extend(runInput, maskSettings.shape);
export type PropagateRun = z.infer<typeof propagateRun>;

const exportRun = z.extend(z.extend(runInput, prepareExportRequest.shape), {
  /** Settled by the first part of a run. */
  plan: z.optional(exportPlan),
});
export type ExportRun = z.infer<typeof exportRun>;

/** What a re-labelling asks for: two that ask for the same are one run. */
export const relabelRequest = z.extend(maskSettings, {
  subject,
  promote: z.enum(promoteModes),
  keep: z.enum(keepPolicies),
  /** What differs from the subject's own. */
  thresholds: z.optional(z.partial(gateThresholds)),
});
export type RelabelRequest = z.infer<typeof relabelRequest>;

const relabelRun = z.extend(runInput, {
  ...relabelRequest.shape,
  ...asking.shape,
  /** Settled by the first part of a run: the builds, and how much there is to do. */
  plan: z.optional(
    z.object({ build: z.string(), base: z.nullable(z.string()), images: z.number(), shards: z.number() }),
  ),
});
export type RelabelRun = z.infer<typeof relabelRun>;

const rebuildRun = z.extend(runInput, {
  subject,
  build: z.string(),
  /** Of earlier parts of the run: masks that came out otherwise. */
  differing: z.optional(z.number()),
});
export type RebuildRun = z.infer<typeof rebuildRun>;

const compareRun = z.extend(runInput, {
  subject,
  /** The build of before; null for nothing. */
  base: z.nullable(z.string()),
  build: z.string(),
});
export type CompareRun = z.infer<typeof compareRun>;

const evaluateRun = z.extend(runInput, {
  /** Id of a DatasetEvaluation, and how much there is to do. */
  evaluation: z.string(),
  images: z.number(),
  parts: z.number(),
});
export type EvaluateRun = z.infer<typeof evaluateRun>;

const prelabelRun = z.extend(z.extend(runInput, prelabelRequest.shape), {
  /** Settled by the first part of a run, and once all strokes have taught. */
  plan: z.optional(prelabelExtent),
  learned: z.optional(learned),
});
export type PrelabelRun = z.infer<typeof prelabelRun>;

const searchRun = z.extend(z.extend(runInput, findPlacesRequest.shape), {
  ...z.pick(maskSettings, { extract: true }).shape,
});
export type SearchRun = z.infer<typeof searchRun>;

/** What came of a re-labelling. */
export const relabelled = z.object({
  build: z.string(),
  /** The build that was shown before; null where none was. */
  base: z.nullable(z.string()),
  images: z.number(),
  /** Images whose masks could not be made. */
  failed: z.number(),
  /** Images whose masks differ. */
  changed: z.number(),
  /** Whether the build is shown now. */
  promoted: z.boolean(),
  gate,
});

/** What came of a rebuild. @property differing masks that came out otherwise, or not at all */
export const rebuilt = z.object({ build: z.string(), images: z.number(), differing: z.number() });

/** What came of pre-labelling. */
export const prelabelled = z.extend(learned, {
  /** Images with a predicted mask. */
  predicted: z.number(),
});

/** The steps of a run that has several. */
export const stages = [
  'extracting',
  'building',
  'comparing',
  'teaching',
  'predicting',
  'indexing',
  'searching',
] as const;
export type Stage = (typeof stages)[number];

export const progress = z.extend(tally, {
  /** Images of the whole dataset. */
  total: z.number(),
  shards: z.number(),
  shardsDone: z.number(),
  paused: z.boolean(),
  /** Absent from runs of one step. */
  stage: z.optional(z.enum(stages)),
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

/** All masks of a campaign or a dataset made anew, compared with what is shown, and shown or held. */
export const relabel = workflow({
  type: 'relabel',
  input: relabelRun,
  result: z.extend(tally, relabelled.shape),
  ...messages,
});
/** Every mask of a build made again, and compared byte for byte. */
export const rebuild = workflow({
  type: 'rebuild',
  input: rebuildRun,
  result: z.extend(tally, rebuilt.shape),
  ...messages,
});
/** Two builds compared that were not yet. */
export const compareBuilds = workflow({ type: 'compareBuilds', input: compareRun, result: tally, ...messages });

/** Masks measured where they are known. */
export const evaluate = workflow({ type: 'evaluate', input: evaluateRun, result: tally, ...messages });

/** What strokes teach, and the masks that follow for every image without. */
export const prelabel = workflow({
  type: 'prelabel',
  input: prelabelRun,
  result: z.extend(tally, prelabelled.shape),
  ...messages,
});

/** Places that look like an example, found by an index of the keys. */
export const search = workflow({
  type: 'search',
  input: searchRun,
  result: z.extend(tally, found.shape),
  ...messages,
});

/** Done by the server, on the queue `server`. */
export const retryActivities = {
  /** Images that have keys after all become tasks of the campaigns that draw on these. */
  refillCampaigns: {
    request: z.extend(z.pick(maskSettings, { extract: true }), { dataset: z.string() }),
    answer: z.void(),
  },
} satisfies ActivityDefinitions;
export type RetryActivities = ActivitiesOf<typeof retryActivities>;

/** By the kind of run. */
export const runWorkflows = {
  extract: extractDataset,
  propagate: propagateDataset,
  export: exportDataset,
  relabel,
  rebuild,
  compare: compareBuilds,
  evaluate,
  prelabel,
  search,
};
export type RunKind = keyof typeof runWorkflows;
export type RunWorkflow = (typeof runWorkflows)[RunKind];
