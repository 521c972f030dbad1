/** Annotation: an image open at a worker, and the answers to an annotator's drawing. */

import * as z from '../zod.ts';
import { maskSettings } from './activities.ts';
import { type ActivitiesOf, type ActivityDefinitions, noMessages, workflow } from './definitions.ts';

/** An image, and the settings that its masks are made with. */
export const imageRequest = z.extend(maskSettings, {
  image: z.object({ sha256: z.string(), name: z.string(), object: z.string() }),
});
export type ImageRequest = z.infer<typeof imageRequest>;

/** An image is open: its graph is in the memory of one worker. */
const openedImage = z.object({
  /** The queue of that worker alone. */
  queue: z.string(),
  /** Of the upright image, pixels. */
  width: z.number(),
  height: z.number(),
});
export type OpenedImage = z.infer<typeof openedImage>;

/** The drawing is at `drawingKey(assignment, n)`: a scribble document of the first n interactions. */
const answerRequest = z.extend(imageRequest, { assignment: z.string(), n: z.number() });
export type AnswerRequest = z.infer<typeof answerRequest>;

/** The labels of the node grid are stored under the assignment and this n, which may be a later one than was asked for. */
const nodeLabelsAnswer = z.object({
  n: z.number(),
  /** Of the worker that answered. */
  queue: z.string(),
  /** Milliseconds in the worker, in all and those of them that went into the solve. */
  ms: z.number(),
  solve: z.number(),
});
export type NodeLabelsAnswer = z.infer<typeof nodeLabelsAnswer>;

/** The mask is at `maskKey(mask)`. */
const maskAnswer = z.object({
  n: z.number(),
  mask: z.string(),
  /** As its document has it; null if an earlier version made the mask, absent if one answers. */
  uncertainty: z.nullish(z.number()),
  ms: z.number(),
});
export type MaskAnswer = z.infer<typeof maskAnswer>;

const pixel = z.object({ x: z.number(), y: z.number() });
const attributeRequest = z.extend(answerRequest, pixel.shape);
export type AttributeRequest = z.infer<typeof attributeRequest>;

/** A pixel's owner, and the strokes that gave it the pixel. */
const attribution = z.object({
  segment: z.number(),
  /** Strokes by their place in the drawing, from 1; shares of the pixel's score, the largest first, together at most 1. */
  strokes: z.array(z.object({ n: z.number(), share: z.number() })),
});
export type Attribution = z.infer<typeof attribution>;

/** A few images at a time: all of it stays in a history. */
const showRequest = z.object({
  /** At their own size besides the small one. */
  whole: z.boolean(),
  images: z.array(z.object({ sha256: z.string(), object: z.string() })),
});
export type ShowRequest = z.infer<typeof showRequest>;

/** The mask of an image in a dataset that it may begin with: a known one, or one of a set of masks. */
const knownRequest = z.object({
  dataset: z.string(),
  sha256: z.string(),
  name: z.string(),
  /** Its id: an import may replace a known one. */
  known: z.string(),
  /** It is one of a set, at `maskKey`. */
  stored: z.optional(z.literal(true)),
});
export type KnownRequest = z.infer<typeof knownRequest>;

export const annotateActivities = {
  /** Brings an image, its keys and its graph into memory, unless they are there; makes the copies that browsers show. */
  openImage: { request: imageRequest, answer: openedImage },
  /** Labels of the node grid. */
  answerPatch: { request: answerRequest, answer: nodeLabelsAnswer },
  /** The mask. */
  answerPixel: { request: answerRequest, answer: maskAnswer },
  attribute: { request: attributeRequest, answer: attribution },
  /** Makes the copies that browsers show, of images that nobody opened. Answers with the sha256 of unusable ones. */
  showImages: { request: showRequest, answer: z.array(z.string()) },
  /** Stores a known mask, or one of a set, as regions, at `knownRegionsKey`. */
  writeKnownRegions: { request: knownRequest, answer: z.void() },
} satisfies ActivityDefinitions;
export type AnnotateActivities = ActivitiesOf<typeof annotateActivities>;

/** Done by the server for its workflows. */
export const serverActivities = {
  /**
   * Takes an assignment back whose lease has run out. Answers with the end of a lease that has not, milliseconds since 1970:
   * `null` on the wire where there is none.
   */
  expireLease: { request: z.object({ assignment: z.string() }), answer: z.nullish(z.number()) },
  /** Skips an image that cannot be opened, unless something is drawn on it. Answers whether it did. */
  leaveUnusable: { request: z.object({ assignment: z.string(), reason: z.string() }), answer: z.boolean() },
} satisfies ActivityDefinitions;
export type ServerActivities = ActivitiesOf<typeof serverActivities>;

const annotateRun = z.extend(imageRequest, {
  assignment: z.string(),
  /** When the lease ends unless renewed, milliseconds since 1970. */
  lease: z.number(),
  /** The queue of the worker that is likely to have the image open. */
  queue: z.optional(z.string()),
});
export type AnnotateRun = z.infer<typeof annotateRun>;

/**
 * How many interactions are drawn, and what the assignment's settings are now. Servers of earlier versions leave settings out;
 * then they are those that the workflow began with.
 */
const askedUpdate = z.object({ n: z.number(), ...z.partial(maskSettings).shape });

export const annotateImage = workflow({
  type: 'annotateImage',
  input: annotateRun,
  result: z.void(),
  updates: {
    /** Labels of the node grid. */
    propagate: { request: askedUpdate, answer: nodeLabelsAnswer },
    /** The mask. */
    refine: { request: askedUpdate, answer: maskAnswer },
    attribute: { request: z.extend(askedUpdate, pixel.shape), answer: attribution },
    /** The worker of this queue stops. Answered once the workflow asks it no more; `open`: with the image open elsewhere. */
    leave: { request: z.object({ queue: z.string(), open: z.boolean() }), answer: z.void() },
  },
  signals: {
    /** The lease was renewed until then, milliseconds since 1970. */
    renew: z.number(),
    /** The assignment has ended. */
    close: z.void(),
  },
  queries: {},
});

/** Answers in the images' order; null for one that could not be opened. */
export const openImages = workflow({
  type: 'openImages',
  input: z.object({ images: z.array(imageRequest) }),
  result: z.array(z.nullable(openedImage)),
  ...noMessages,
});

export const showImages = workflow({
  type: 'showImages',
  input: showRequest,
  result: annotateActivities.showImages.answer,
  ...noMessages,
});

/** Makes regions of a mask, for images that begin with it. */
export const readKnown = workflow({ type: 'readKnown', input: knownRequest, result: z.void(), ...noMessages });

/** The id of an assignment's workflow. */
export const annotateWorkflowId = (assignment: string): string => `annotate/${assignment}`;
