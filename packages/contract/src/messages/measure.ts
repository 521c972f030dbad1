/** Agreement of annotators on an image, and their consensus. */

import type { AgreePair, HandedIn } from '../layout.ts';
import { extractSettings, segmentOptions } from '../options.ts';
import * as z from '../zod.ts';
import { imageRequest } from './annotate.ts';
import { type ActivitiesOf, type ActivityDefinitions, noMessages, workflow } from './definitions.ts';

const known = z.object({
  dataset: z.string(),
  sha256: z.string(),
  campaign: z.string(),
  /** Runs that an earlier version started leave it out. */
  truth: z.optional(z.string()),
});
const pair = z.object({ a: z.string(), b: z.union([z.string(), known]) });
/** The names of the campaign's categories. */
const classes = z.array(z.string());

const agreeRequest = z.extend(pair, { classes }) satisfies z.Schema<AgreePair>;
export type AgreeRequest = z.infer<typeof agreeRequest>;

const consensusRequest = z.extend(imageRequest, {
  annotations: z.array(
    z.object({
      annotator: z.string(),
      /** The assignment and its n: `drawingKey` names its scribbles. */
      assignment: z.string(),
      n: z.number(),
      mask: z.string(),
      weight: z.number(),
    }),
  ),
});
export type ConsensusRequest = z.infer<typeof consensusRequest>;

const consensusAnswer = z.object({
  mask: z.string(),
  /** Mean share of weight, 0 … 1, whose own masks give a node another label. */
  dissent: z.number(),
});
export type ConsensusAnswer = z.infer<typeof consensusAnswer>;

const handedIn = z.object({
  assignment: z.string(),
  n: z.number(),
  mask: z.string(),
  truth: z.optional(z.string()),
}) satisfies z.Schema<HandedIn>;

/** What the mask that was handed in is made of, its strokes apart. */
const replayedWith = z.object({
  dataset: z.string(),
  image: imageRequest.shape.image,
  extract: extractSettings,
  options: segmentOptions,
});
export type ReplayedWith = z.infer<typeof replayedWith>;

const replayRequest = z.extend(handedIn, { classes, ...replayedWith.shape });
export type ReplayRequest = z.infer<typeof replayRequest>;

/** Done by the server, on the queue `server`. */
export const replayActivities = {
  /** Writes a drawing as it grew, DrawingSteps, where the worker reads it. */
  writeSteps: { request: handedIn, answer: replayedWith },
} satisfies ActivityDefinitions;
export type ReplayActivities = ActivitiesOf<typeof replayActivities>;

export const measureActivities = {
  /** Compares two masks and stores a report, unless there is one of this version of the measure. */
  agree: { request: agreeRequest, answer: z.void() },
  /** Makes one mask of several annotators' strokes, stored like any other. */
  makeConsensus: { request: consensusRequest, answer: consensusAnswer },
  /** Makes a drawing's masks step by step, and stores how good they are, unless there is a report of this version. */
  replayDrawing: { request: replayRequest, answer: z.void() },
} satisfies ActivityDefinitions;
export type MeasureActivities = ActivitiesOf<typeof measureActivities>;

/** Answers with the reasons of pairs that could not be compared. */
export const agreeImages = workflow({
  type: 'agreeImages',
  // Runs that an earlier version started have no classes.
  input: z.object({ pairs: z.array(pair), classes: z.optional(classes) }),
  result: z.array(z.string()),
  ...noMessages,
});

export const consensusImage = workflow({
  type: 'consensusImage',
  input: consensusRequest,
  result: consensusAnswer,
  ...noMessages,
});

/** Answers with the reasons of drawings that could not be replayed. */
export const replayDrawings = workflow({
  type: 'replayDrawings',
  input: z.object({ drawings: z.array(handedIn), classes }),
  result: z.array(z.string()),
  ...noMessages,
});
