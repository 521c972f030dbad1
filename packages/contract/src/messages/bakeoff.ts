/** Bake-offs: keys and masks of a sample by several variants, and what they are worth. */
import { subject } from '../documents/builds.ts';
import * as z from '../zod.ts';
import { tally } from './activities.ts';
import { type ActivitiesOf, type ActivityDefinitions, workflow } from './definitions.ts';

const ofBakeoff = z.object({ subject, bakeoff: z.string() });
export type OfBakeoff = z.infer<typeof ofBakeoff>;

/** Some images of the sample, from one place in the plan's list to another, by one variant. */
const ofPart = z.extend(ofBakeoff, { variant: z.number(), from: z.number(), to: z.number() });
export type BakeoffPart = z.infer<typeof ofPart>;

export const bakeoffActivities = {
  /** Computes and stores the keys that are not there, on the queue `extract`. */
  extractSample: { request: ofPart, answer: tally },
  /** Makes masks, with and without single strokes, and judges them, on the queue `propagate`. */
  judgeSample: { request: ofPart, answer: tally },
  /** Adds everything up, on the queue `propagate`. */
  finishBakeoff: { request: ofBakeoff, answer: z.void() },
} satisfies ActivityDefinitions;
export type BakeoffActivities = ActivitiesOf<typeof bakeoffActivities>;

export const bakeoffProgress = z.object({
  /** Images times variants, twice: for keys, and for masks. */
  total: z.number(),
  done: z.number(),
});
export type BakeoffProgress = z.infer<typeof bakeoffProgress>;

export const bakeoff = workflow({
  type: 'bakeoff',
  input: z.extend(ofBakeoff, {
    images: z.number(),
    variants: z.number(),
    /** Tries of one step before the bake-off fails with the last reason; default `ATTEMPTS`. */
    attempts: z.optional(z.number()),
  }),
  result: z.object({ images: z.number(), failed: z.number() }),
  updates: {},
  signals: {},
  queries: { progress: bakeoffProgress },
});
