/** A firing of a schedule: Temporal starts one workflow for each, which does its work and notes the outcome. */
import { labelFormatNames } from '../label-formats.ts';
import * as z from '../zod.ts';
import { type ActivitiesOf, type ActivityDefinitions, noMessages, workflow } from './definitions.ts';

/** `skipped`: nothing was to be done, or something else was under way. */
export const firingOutcomes = ['done', 'skipped', 'failed', 'cancelled'] as const;

/** What a firing made or took away; each kind of work says its own part. */
export const firingMade = z.object({
  /** Id of the re-labelling's run. */
  run: z.optional(z.string()),
  /** Of a re-labelling, or an export. */
  build: z.optional(z.string()),
  promoted: z.optional(z.boolean()),
  /** Id of the export, and of the older ones that were removed. */
  export: z.optional(z.string()),
  removed: z.optional(z.array(z.string())),
  /** Images of the build or the export; new images of an import; images with a new consensus. */
  images: z.optional(z.number()),
  failed: z.optional(z.number()),
  /** Ids of the sets of keys that went, each after its dataset: `pets/dinov2-small-focus`. */
  keys: z.optional(z.array(z.string())),
  /** Views, thumbnails and leftovers of dead processes that went. */
  views: z.optional(z.number()),
  /** Bytes that keys or views took. */
  bytes: z.optional(z.number()),
});
export type FiringMade = z.infer<typeof firingMade>;

const ofFiring = z.object({
  schedule: z.string(),
  /** Id of its workflow, which ends with the scheduled time: the same for the same firing. */
  firing: z.string(),
});

export const firingEnd = z.object({
  outcome: z.enum(firingOutcomes),
  reason: z.nullable(z.string()),
  made: firingMade,
});
export type FiringEnd = z.infer<typeof firingEnd>;

const importRequest = z.object({
  dataset: z.string(),
  /** A folder that the worker sees, `s3://bucket/prefix`, or a COCO document. */
  source: z.string(),
  /** Of a folder: the format of the labels beside its pictures. */
  labels: z.optional(z.enum(labelFormatNames)),
});
export type ImportRequest = z.infer<typeof importRequest>;

/** Done by the server, on the queue `server`. */
export const scheduleActivities = {
  /** Notes that a firing begins. Answers with null if nothing is left to do: it is over, or skipped. */
  beginFiring: {
    request: z.extend(ofFiring, {
      /** Temporal's id of the execution. */
      run: z.string(),
      /** ISO 8601: the time that the schedule says, and the time at which Temporal started it. */
      due: z.string(),
      began: z.string(),
    }),
    answer: z.nullable(z.object({ import: z.optional(importRequest) })),
  },
  /** Does all kinds of work but imports, with heartbeats. */
  doFiring: { request: ofFiring, answer: firingEnd },
  endFiring: { request: z.extend(ofFiring, firingEnd.shape), answer: z.void() },
} satisfies ActivityDefinitions;
export type ScheduleActivities = ActivitiesOf<typeof scheduleActivities>;

/** Done by workers, on the queue `propagate`. */
export const importActivities = {
  /** Adds the new and changed files of a source to its dataset. */
  importImages: { request: importRequest, answer: firingEnd },
} satisfies ActivityDefinitions;
export type ImportActivities = ActivitiesOf<typeof importActivities>;

export const scheduled = workflow({
  type: 'scheduled',
  input: z.object({ schedule: z.string() }),
  result: z.void(),
  ...noMessages,
});
