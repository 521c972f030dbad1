/** The interactive side: what annotators do to an image, and what travels to have it answered. */

import type { ExtractSettings } from '../options.ts';
import type { PropagateShardRequest } from './activities.ts';

/** An image as interactive work needs it. */
export interface ImageRequest extends Pick<PropagateShardRequest, 'preset' | 'solve'> {
  image: { sha256: string; name: string; object: string };
  extract: ExtractSettings;
}

/** An image is open: its graph is in the memory of one worker. */
export interface OpenedImage {
  /** The queue of that worker alone. */
  queue: string;
  /** Of the upright image, pixels. */
  width: number;
  height: number;
}

/** What is drawn is at `drawingKey(assignment, n)`: a scribble document of the first n interactions. */
export interface AnswerRequest extends ImageRequest {
  assignment: string;
  n: number;
}

/** Labels of the node grid are at `patchKey(assignment, n)`. */
export interface PatchAnswer {
  n: number;
  /** Of the worker that answered. */
  queue: string;
  /** Milliseconds in the worker, in all and those of them that went into the solve. */
  ms: number;
  solve: number;
}

/** The mask is at `maskKey(mask)`. */
export interface PixelAnswer {
  n: number;
  mask: string;
  /** Of its document; null where an earlier version made it. */
  uncertainty: number | null;
  ms: number;
}

/** A pixel's owner, and which strokes gave it to him. */
export interface Attribution {
  segment: number;
  /** Shares of the pixel's score by stroke, the largest first; together at most 1. */
  strokes: { n: number; share: number }[];
}

export interface AnnotateActivities {
  /** Brings an image, its keys and its graph into memory, unless they are there; makes the copies that browsers show. */
  openImage(request: ImageRequest): Promise<OpenedImage>;
  answerPatch(request: AnswerRequest): Promise<PatchAnswer>;
  answerPixel(request: AnswerRequest): Promise<PixelAnswer>;
  /** @returns strokes by their place in the drawing, from 1: a document does not hold which interaction drew them */
  attribute(request: AnswerRequest & { x: number; y: number }): Promise<Attribution>;
  /** Makes what browsers are shown of images that nobody opened. @returns sha256 of those that cannot be used */
  showImages(request: ShowRequest): Promise<string[]>;
}

/** A few images at a time: all of it stays in a history. */
export interface ShowRequest {
  /** At their own size besides the small one. */
  whole: boolean;
  images: { sha256: string; object: string }[];
}

/** What the server does for its workflows. */
export interface ServerActivities {
  /** Gives an assignment back whose lease has run out. @returns when it does, milliseconds since 1970, if it has not yet */
  expireLease(request: { assignment: string }): Promise<number | undefined>;
  /** Leaves an image that cannot be opened, unless something is drawn on it. @returns whether it is left */
  leaveUnusable(request: { assignment: string; reason: string }): Promise<boolean>;
}

export interface AnnotateRun extends ImageRequest {
  assignment: string;
  /** When the lease ends unless renewed, milliseconds since 1970. */
  lease: number;
  /** The worker that is likely to have the image open. */
  queue?: string;
}

/** Names by which workflows are asked and told. */
export const annotateWorkflows = {
  annotateImage: 'annotateImage',
  openImages: 'openImages',
  showImages: 'showImages',
} as const;
/** What every update is given: how many interactions are drawn, and what the campaign's settings are now. */
export interface AskedUpdate {
  n: number;
  /** Left out by servers before it could change: then what the workflow began with. */
  solve?: ImageRequest['solve'];
}
export const patchUpdate = 'propagate';
export const pixelUpdate = 'refine';
/** Given a pixel besides, `{ x, y }`. */
export const attributeUpdate = 'attribute';
/** Signals: the lease was renewed, given when it ends; the assignment is through. */
export const renewSignal = 'renew';
export const closeSignal = 'close';

/** The workflow of an assignment. */
export const annotateWorkflowId = (assignment: string): string => `annotate/${assignment}`;
