/** Pre-labels of a dataset: what drawn images teach is added up, then every other image is predicted. */
import { subject } from '../documents/builds.ts';
import * as z from '../zod.ts';
import { maskSettings, tally } from './activities.ts';
import type { ActivitiesOf, ActivityDefinitions } from './definitions.ts';

const ofPlan = z.object({ dataset: z.string(), plan: z.string() });
const ofModel = z.extend(ofPlan, { model: z.string() });

const teachRequest = z.extend(ofPlan, {
  /** Place among the plan's shards with strokes. */
  part: z.number(),
});
export type TeachRequest = z.infer<typeof teachRequest>;
const predictRequest = z.extend(ofModel, { shard: z.number() });
export type PredictRequest = z.infer<typeof predictRequest>;

/** What was learned. */
export const learned = z.object({
  model: z.string(),
  /** Images that taught it. */
  labelled: z.number(),
  classes: z.number(),
  /** How far it may be heard beside an image's own strokes, 0 … 1. */
  trust: z.optional(z.number()),
});
export type Learned = z.infer<typeof learned>;

/** How much there is to do. */
export const prelabelExtent = z.object({
  plan: z.string(),
  /** Images with strokes, and the shards that have some. */
  labelled: z.number(),
  parts: z.number(),
  /** Of the whole dataset. */
  images: z.number(),
  shards: z.number(),
});
export type PrelabelExtent = z.infer<typeof prelabelExtent>;

export const prelabelRequest = z.extend(maskSettings, { dataset: z.string(), subject });
export type PrelabelRequest = z.infer<typeof prelabelRequest>;

/** Done by the server, on the queue `server`. */
export const prelabelServerActivities = {
  /** Settles whose strokes teach. */
  planPrelabels: { request: prelabelRequest, answer: prelabelExtent },
} satisfies ActivityDefinitions;
export type PrelabelServerActivities = ActivitiesOf<typeof prelabelServerActivities>;

/** Done by workers, on the queue `propagate`. */
export const prelabelActivities = {
  /** Solves the images of a shard whose strokes have no statistics yet, adds all up, and writes its TaughtReport. */
  teachShard: { request: teachRequest, answer: tally },
  /** Adds the shards up, and writes the model. */
  finishTeaching: { request: ofPlan, answer: learned },
  /** Predicts the masks of a shard's images without strokes that are not there, and writes its MaskReport. */
  predictShard: { request: predictRequest, answer: tally },
  /** The model's masks are the dataset's pre-labels from now on. */
  finishPrelabels: { request: ofModel, answer: z.void() },
} satisfies ActivityDefinitions;
export type PrelabelActivities = ActivitiesOf<typeof prelabelActivities>;
