/** Evaluations of datasets: protocols run on images whose masks are known, a few images a step. */
import * as z from '../zod.ts';
import { tally } from './activities.ts';
import type { ActivitiesOf, ActivityDefinitions } from './definitions.ts';

const ofPart = z.object({ dataset: z.string(), evaluation: z.string(), part: z.number() });
export type EvaluationPart = z.infer<typeof ofPart>;

/** Done by workers, on the queue `propagate`. */
export const evaluationActivities = {
  /** Runs every protocol on the images of a part where it was not run, and writes what it found. */
  evaluateImages: { request: ofPart, answer: tally },
} satisfies ActivityDefinitions;
export type EvaluationActivities = ActivitiesOf<typeof evaluationActivities>;
