/** What runs ask of workers: ids and numbers only, never arrays, since every word of it stays in a history. */

import { exportFormatNames, exportOptions } from '../export-formats.ts';
import { extractSettings, preset, segmentChanges } from '../options.ts';
import * as z from '../zod.ts';
import type { ActivitiesOf, ActivityDefinitions } from './definitions.ts';

const datasetRequest = z.object({ dataset: z.string() });
const shardRequest = z.extend(datasetRequest, { shard: z.number() });

/** Images that failed are tried again, and no others: all of them, or the one of this sha256 or name. */
export const retry = z.object({ image: z.nullable(z.string()) });
export type Retry = z.infer<typeof retry>;

const extractShardRequest = z.extend(shardRequest, {
  extract: extractSettings,
  /** Whether keys that are there are read and checked, all of them. */
  verify: z.optional(z.boolean()),
  retry: z.optional(retry),
});
export type ExtractShardRequest = z.infer<typeof extractShardRequest>;

/** What masks are made with: keys, a preset, and what differs from it. */
export const maskSettings = z.object({ extract: extractSettings, preset, solve: segmentChanges });
export type MaskSettings = z.infer<typeof maskSettings>;

const propagateShardRequest = z.extend(shardRequest, maskSettings.shape);
export type PropagateShardRequest = z.infer<typeof propagateShardRequest>;

/** How far a shard, or a whole run, is. Every image counts in exactly one of done, cached and failed. */
export const tally = z.object({
  images: z.number(),
  /** Worked on in this run. */
  done: z.number(),
  /** There already. */
  cached: z.number(),
  /** Cannot be done; listed with reasons beside the dataset. */
  failed: z.number(),
});
export type Tally = z.infer<typeof tally>;

/** Where an attempt at a shard is, as its heartbeats say for the next attempt. */
export const position = z.object({
  /** Images that are through, in the shard's order. */
  next: z.number(),
  done: z.number(),
});
export type Position = z.infer<typeof position>;

export const prepareExportRequest = z.extend(datasetRequest, {
  /** Names the mask set. */
  recipe: z.string(),
  format: z.enum(exportFormatNames),
  ...exportOptions.shape,
  /** Of a campaign's masks: the version of its classes; default the newest that was noted. */
  schema: z.optional(z.number()),
  /** Id of a Selection: of its images alone. */
  selection: z.optional(z.string()),
});
export type PrepareExportRequest = z.infer<typeof prepareExportRequest>;

/** @property id names the export below its dataset */
export const exportPlan = z.object({ id: z.string() });
export type ExportPlan = z.infer<typeof exportPlan>;

const exportShardRequest = z.extend(prepareExportRequest, { ...shardRequest.shape, ...exportPlan.shape });
export type ExportShardRequest = z.infer<typeof exportShardRequest>;

const finishExportRequest = z.extend(z.omit(prepareExportRequest, { recipe: true }), exportPlan.shape);
export type FinishExportRequest = z.infer<typeof finishExportRequest>;

export const shardActivities = {
  describeDataset: { request: datasetRequest, answer: z.object({ shards: z.number(), images: z.number() }) },
  /** Computes and stores the keys of a shard's images that have none. */
  extractShard: { request: extractShardRequest, answer: tally },
  /** Computes and stores the masks of a shard's images that have scribbles, from stored keys. */
  propagateShard: { request: propagateShardRequest, answer: tally },
  prepareExport: { request: prepareExportRequest, answer: exportPlan },
  exportShard: { request: exportShardRequest, answer: tally },
  finishExport: { request: finishExportRequest, answer: z.void() },
} satisfies ActivityDefinitions;
export type ShardActivities = ActivitiesOf<typeof shardActivities>;
