/** What is kept of an export beside its files. */

import { attribute } from '../attributes.ts';
import { category } from '../categories.ts';
import { exportFormatNames, exportSplit } from '../export-formats.ts';
import * as z from '../zod.ts';
import { listedCategory } from './dataset.ts';
import { lineage } from './key-sets.ts';

/** Which images an export is of: the id of the list, the name of the filter that found them, and how many it found. */
export const exportedSelection = z.object({ id: z.string(), filter: z.string(), images: z.number() });

/** As it was settled at its beginning. Plans of before they had a version lack it. */
export const exportPlan = z.object({
  version: z.optional(z.literal(1)),
  /** The dataset's. */
  name: z.string(),
  /** When the dataset was last changed, ISO 8601. */
  date: z.string(),
  categories: z.array(listedCategory),
  /** What masks call categories that have another name here, or count as another one; absent where all agree. */
  named: z.optional(z.array(category)),
  /** What the campaign asks of segments and images; absent where it asks nothing, of others' masks, and from older plans. */
  attributes: z.optional(z.array(attribute)),
  /** Ids of the categories in the order in which they were numbered; absent from older plans: ascending. */
  order: z.optional(z.array(z.number())),
  /** Folder below which images lie under their names, for formats that look for them; absent from older plans: `images`. */
  pictures: z.optional(z.enum(['images', '.'])),
  format: z.enum(exportFormatNames),
  recipe: z.string(),
  /** Whether the pictures come along; absent where nobody asked. */
  copied: z.optional(z.boolean()),
  split: z.optional(exportSplit),
  /** What the keys behind its masks were made with; absent where nobody knows. */
  keys: z.optional(lineage),
  /** The build that it is of; absent of masks that are none. */
  build: z.optional(z.string()),
  /** Of a campaign's masks: the version of its classes. */
  schema: z.optional(z.number()),
  /** The Selection of images that it is of; absent of all that have masks. */
  selection: z.optional(exportedSelection),
  /** Nobody drew on its images: a model predicted their masks. */
  origin: z.optional(z.literal('predicted')),
});
export type ExportPlanDocument = z.infer<typeof exportPlan>;

/** The export is through: it can be downloaded. Summaries of before they had a version lack it. */
export const exportSummary = z.object({
  version: z.optional(z.literal(1)),
  format: z.enum(exportFormatNames),
  recipe: z.string(),
  build: z.optional(z.string()),
  /** Of a campaign's masks: the version of its classes. */
  schema: z.optional(z.number()),
  selection: z.optional(exportedSelection),
  /** ISO 8601. */
  made: z.string(),
  files: z.number(),
  bytes: z.number(),
});
export type ExportSummary = z.infer<typeof exportSummary>;

/** Ids of a shard's images whose files are named with their extension. */
export const wholeNames = z.array(z.number());
