/** Re-labelling: all masks of a campaign or a dataset made anew, compared with what is shown, and shown or held. */
import { subject } from '../documents/builds.ts';
import { comparison, gate, gateThresholds } from '../documents/comparisons.ts';
import { extractSettings } from '../options.ts';
import * as z from '../zod.ts';
import { maskSettings, tally } from './activities.ts';
import type { ActivitiesOf, ActivityDefinitions } from './definitions.ts';

/** `auto`: shown if the gate is open. `hold`: a person decides. `never`: made and compared only. */
export const promoteModes = ['auto', 'hold', 'never'] as const;
/** `accepted`: masks that a person accepted stay. `none`: they are replaced, too. */
export const keepPolicies = ['accepted', 'none'] as const;
export type PromoteMode = (typeof promoteModes)[number];
export type KeepPolicy = (typeof keepPolicies)[number];

const ofSubject = z.object({ subject });

/** Who asks for a re-labelling, and why. */
export const asking = z.object({
  /** Account; null where a schedule or the program asks. */
  by: z.nullable(z.string()),
  /** In words. */
  why: z.string(),
  /** The schedule. */
  schedule: z.optional(z.string()),
});
export type Asking = z.infer<typeof asking>;
const ofAsked = z.extend(ofSubject, asking.shape);
const ofBuild = z.extend(ofSubject, { build: z.string() });
const ofShard = z.extend(ofBuild, { dataset: z.string(), shard: z.number() });
export type BuildShardRequest = z.infer<typeof ofShard>;
const ofPair = z.extend(ofShard, { base: z.nullable(z.string()) });

/** Done by workers, on the queue `propagate`. */
export const buildActivities = {
  /** Makes the masks of a shard's lines that are not there, offered ones too, and writes its BuildReport. */
  buildShard: { request: ofShard, answer: tally },
  /** What making a build again takes: the dataset, and every set of keys. */
  describeBuild: {
    request: ofBuild,
    answer: z.object({
      dataset: z.string(),
      images: z.number(),
      shards: z.number(),
      extract: z.array(extractSettings),
    }),
  },
  /** Makes every mask of a shard again, whatever is stored, and lists those that differ in a RebuildReport. */
  rebuildShard: { request: ofShard, answer: z.extend(tally, { differing: z.number() }) },
  compareShard: { request: ofPair, answer: tally },
  /** Adds the shards up, and ranks the images by what changed. */
  finishComparison: {
    request: z.omit(ofPair, { shard: true }),
    answer: z.omit(comparison, { histogram: true, classes: true }),
  },
} satisfies ActivityDefinitions;
export type BuildActivities = ActivitiesOf<typeof buildActivities>;

/** Done by the server, on the queue `server`. */
export const relabelActivities = {
  /** The build that is shown now, made and recorded if it is none yet; null where no mask was made. */
  takeSnapshot: {
    request: z.extend(ofSubject, { by: z.nullable(z.string()) }),
    answer: z.object({
      /** Hash of the Snapshot. */
      snapshot: z.string(),
      shown: z.nullable(z.string()),
      dataset: z.string(),
      /** With strokes. */
      images: z.number(),
      shards: z.number(),
    }),
  },
  /** Settles the content of the new build, before any mask is made. */
  planBuild: {
    request: z.extend(ofAsked, {
      snapshot: z.string(),
      base: z.nullable(z.string()),
      settings: maskSettings,
      keep: z.enum(keepPolicies),
    }),
    answer: z.object({ build: z.string(), images: z.number() }),
  },
  /** Starts or joins the extraction of a dataset's keys, and waits for its end. */
  extractKeys: {
    request: z.object({
      dataset: z.string(),
      extract: extractSettings,
      /** Whether keys that are there are read, and missing ones made, of finished shards too. */
      verify: z.optional(z.boolean()),
    }),
    answer: tally,
  },
  /** Records the build and what the gate says; promotes it if it may be; tells those who want to know. */
  settleBuild: {
    request: z.extend(ofAsked, {
      build: z.string(),
      base: z.nullable(z.string()),
      promote: z.enum(promoteModes),
      /** What differs from the subject's own. */
      thresholds: z.optional(z.partial(gateThresholds)),
      /** Images whose masks could not be made. */
      failed: z.number(),
    }),
    answer: z.object({ promoted: z.boolean(), gate }),
  },
  /** Notes that a re-labelling failed or was ended, and tells those who want to know. */
  failRelabel: {
    request: z.extend(ofAsked, {
      build: z.nullable(z.string()),
      /** Null where somebody ended it. */
      reason: z.nullable(z.string()),
    }),
    answer: z.void(),
  },
} satisfies ActivityDefinitions;
export type RelabelActivities = ActivitiesOf<typeof relabelActivities>;
