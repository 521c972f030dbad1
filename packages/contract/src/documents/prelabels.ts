/**
 * Pre-labels: what the strokes on some images of a dataset say of the others. A plan says what is learned from, a model is what
 * was learned; both are named by their content.
 */
import * as z from '../zod.ts';
import { buildSettings, subject } from './builds.ts';
import { shardReport } from './reports.ts';
import { taughtCategories } from './statistics.ts';

/** What a corpus is learned with (core's `corpus`). */
export const learnerSettings = z.object({
  /** In units of the mean variance of a dimension. */
  ridge: z.number(),
  /** 0 favours frequent categories as the corpus shows them, 1 all alike. */
  balance: z.number(),
  sharpness: z.number(),
  /** A patch above it looks like no category and stays without one, in units of the mean over what was taught. */
  novelty: z.number(),
});
export type LearnerSettings = z.infer<typeof learnerSettings>;

export const prelabelPlan = z.object({
  version: z.literal(1),
  /** The first 16 digits of the sha256 of the fields below. */
  id: z.string(),
  dataset: z.string(),
  /** Whose strokes teach: the dataset's own scribbles, or what a campaign's annotators handed in. */
  subject,
  /** What images that teach are solved with, and predicted masks refined. */
  settings: buildSettings,
  learner: learnerSettings,
  /** Images with strokes. */
  images: z.number(),
  /** Shards of the dataset that have some, and the sha256 of their SnapshotImages as they lie at `buildLinesKey`. */
  taught: z.array(z.object({ shard: z.number(), lines: z.string() })),
});
export type PrelabelPlan = z.infer<typeof prelabelPlan>;

/** A shard of a plan that was taught. */
export const taughtReport = z.extend(shardReport, {
  /** The sum of its images' statistics; null where none could be used. */
  statistics: z.nullable(z.string()),
});
export type TaughtReport = z.infer<typeof taughtReport>;

/** What was learned: statistics, from which the classifier follows, and what else a prediction is made with. */
export const prelabelModel = z.object({
  version: z.literal(1),
  /** The first 16 digits of the sha256 of the fields below. */
  id: z.string(),
  dataset: z.string(),
  /** Name of the sum of all statistics. */
  statistics: z.string(),
  settings: buildSettings,
  learner: learnerSettings,
  categories: taughtCategories,
  /** That taught it. */
  images: z.number(),
  /** What a solve may hear of it: the sha256 of its file. Absent from models of earlier versions, and of other graphs than `walk`. */
  prior: z.optional(z.string()),
  /** The most trust that it may have there, 0 … 1 (core's `corpus/trust.ts`). */
  trust: z.optional(z.number()),
});
export type PrelabelModel = z.infer<typeof prelabelModel>;

/** Images that would teach a model most, each beside those before it (core's `corpus/next.ts`). */
export const nextImages = z.object({
  version: z.literal(1),
  /** The first 16 digits of the sha256 of the fields below. */
  id: z.string(),
  dataset: z.string(),
  model: z.string(),
  /** Names the images without strokes that were to be weighed against one another: the same ones give the same order. */
  waiting: z.string(),
  /** Those of them that were: the others have no keys. */
  considered: z.number(),
  images: z.array(
    z.object({
      /** Its number in the dataset. */
      id: z.number(),
      sha256: z.string(),
      name: z.string(),
      /** The part of the variance of the model's scores that is left with it and those before it, 0 … 1. */
      left: z.number(),
    }),
  ),
});
export type NextImages = z.infer<typeof nextImages>;

/** The pre-labels that a dataset has: those of the run that ended last. */
export const currentPrelabels = z.object({
  version: z.literal(1),
  plan: z.string(),
  model: z.string(),
  /** Id of the NextImages; absent from what earlier versions wrote, and where no image waits. */
  next: z.optional(z.string()),
});
export type CurrentPrelabels = z.infer<typeof currentPrelabels>;
