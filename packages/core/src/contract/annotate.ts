/** The interactive side: what annotators do to an image, and what travels to have it answered. */
import { InvalidInputError } from '../errors.ts';
import type { Segment, Stroke } from '../formats/scribbles.ts';
import type { ExtractSettings, PropagateShardRequest } from './activities.ts';

/** What an annotator does. Nothing is ever taken back: undo and redo are done, too. */
export type Interaction =
  /** Names a new segment. Its category is one of the campaign's. */
  | { kind: 'segment'; id: number; category: number }
  /** Draws; spec/scribbles.md says what the fields mean. */
  | ({ kind: 'stroke' } & Stroke)
  /** Takes one stroke away: the one that was the n-th interaction. */
  | { kind: 'erase'; stroke: number }
  /** Takes a segment away, with all of its strokes. Its id is not given again. */
  | { kind: 'delete'; segment: number }
  /** Gives a segment another category. */
  | { kind: 'classify'; segment: number; category: number }
  /** Takes back the last of these that is not taken back yet. */
  | { kind: 'undo' }
  /** Does again what was taken back last, unless something else was done since. */
  | { kind: 'redo' };

/** What interactions amount to: segments and strokes that are there, in the order of naming and drawing. */
export interface Drawing {
  segments: { id: number; category: number }[];
  /** n: the number of the interaction, from 1, that drew it. */
  strokes: (Stroke & { n: number })[];
  /** Whether there is something to undo, and to redo. */
  undo: boolean;
  redo: boolean;
}

/**
 * Replays interactions from the beginning.
 *
 * @throws InvalidInputError for a segment named twice, a stroke of one that is not there, and what is done to a segment or a
 * stroke that is not there
 */
export function replay(interactions: readonly Interaction[]): Drawing {
  /** By id, and by number; those that are deleted and erased keep their place, for an undo. */
  const segments = new Map<number, Drawing['segments'][number]>();
  const strokes = new Map<number, Drawing['strokes'][number]>();
  const deleted = new Set<number>();
  const erased = new Set<number>();
  /** By the number of the interaction that gave another: the category before. */
  const before = new Map<number, number>();
  /** Numbers of what was done and counts, and of what was taken back and may be done again. */
  const done: number[] = [];
  const undone: number[] = [];

  const hasSegment = (id: number) => segments.has(id) && !deleted.has(id);
  const hasStroke = (n: number) => {
    const stroke = strokes.get(n);
    return stroke !== undefined && !erased.has(n) && !deleted.has(stroke.segment);
  };
  const apply = (n: number) => {
    const interaction = interactions[n - 1];
    switch (interaction.kind) {
      case 'segment':
        segments.set(interaction.id, { id: interaction.id, category: interaction.category });
        break;
      case 'stroke': {
        const { segment, points, radius } = interaction;
        strokes.set(n, { segment, points, radius, n });
        break;
      }
      case 'erase':
        erased.add(interaction.stroke);
        break;
      case 'delete':
        deleted.add(interaction.segment);
        break;
      case 'classify': {
        const segment = segments.get(interaction.segment)!;
        before.set(n, segment.category);
        segment.category = interaction.category;
      }
    }
    done.push(n);
  };
  // What is taken back was done last, so nothing that still counts rests on it.
  const revert = (n: number) => {
    const interaction = interactions[n - 1];
    switch (interaction.kind) {
      case 'segment':
        segments.delete(interaction.id);
        break;
      case 'stroke':
        strokes.delete(n);
        break;
      case 'erase':
        erased.delete(interaction.stroke);
        break;
      case 'delete':
        deleted.delete(interaction.segment);
        break;
      case 'classify':
        segments.get(interaction.segment)!.category = before.get(n)!;
    }
    undone.push(n);
  };
  const check = (interaction: Interaction, n: number) => {
    if (interaction.kind === 'segment' && (interaction.id === 0 || segments.has(interaction.id))) {
      throw new InvalidInputError(
        `interaction ${n} names segment ${interaction.id}; expected one that has no name yet`,
      );
    }
    if (interaction.kind === 'stroke' && interaction.segment !== 0 && !hasSegment(interaction.segment)) {
      throw new InvalidInputError(
        `interaction ${n} draws segment ${interaction.segment}; expected 0 or one that was named`,
      );
    }
    if (interaction.kind === 'erase' && !hasStroke(interaction.stroke)) {
      throw new InvalidInputError(`interaction ${n} erases stroke ${interaction.stroke}; expected one that is there`);
    }
    if ((interaction.kind === 'delete' || interaction.kind === 'classify') && !hasSegment(interaction.segment)) {
      const what = interaction.kind === 'delete' ? 'deletes' : 'classifies';
      throw new InvalidInputError(
        `interaction ${n} ${what} segment ${interaction.segment}; expected one that is there`,
      );
    }
  };

  interactions.forEach((interaction, index) => {
    if (interaction.kind === 'undo') {
      const last = done.pop();
      if (last !== undefined) revert(last);
    } else if (interaction.kind === 'redo') {
      const last = undone.pop();
      if (last !== undefined) apply(last);
    } else {
      check(interaction, index + 1);
      apply(index + 1);
      undone.length = 0;
    }
  });
  return {
    segments: [...segments.values()].filter(({ id }) => hasSegment(id)),
    strokes: [...strokes.values()].filter(({ n }) => hasStroke(n)),
    undo: done.length > 0,
    redo: undone.length > 0,
  };
}

/** A category of a campaign's label schema. */
export interface LabelCategory {
  /** From 1. */
  id: number;
  name: string;
  /** #rrggbb. */
  colour: string;
  isthing: boolean;
}

/** The scribble document of a drawing (spec/scribbles.md), byte for byte the same for the same drawing. */
export function scribblesOf(
  { segments, strokes }: Pick<Drawing, 'segments' | 'strokes'>,
  image: { width: number; height: number },
  categories: readonly LabelCategory[],
): string {
  const named = segments.map(({ id, category }): Segment => {
    const found = categories.find((candidate) => candidate.id === category);
    if (!found) throw new InvalidInputError(`segment ${id} is of category ${category}; expected one of the campaign's`);
    return { id, category: found.name, isthing: found.isthing };
  });
  const drawn = strokes.map(({ segment, points, radius }) => ({ segment, points, radius }));
  const { width, height } = image;
  return JSON.stringify({ version: 1, image: { width, height }, segments: named, strokes: drawn });
}

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

/** Labels of the node grid as they are sent: a run-length code. */
export interface PatchLabels {
  h: number;
  w: number;
  /** Segment ids, 0 the background: what labels mean. */
  labels: number[];
  /** Label, length, label, length …, row-major; lengths sum to h·w. */
  runs: number[];
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

export function encodeRuns(labels: ArrayLike<number>): number[] {
  const runs: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (i > 0 && labels[i] === labels[i - 1]) runs[runs.length - 1]++;
    else runs.push(labels[i], 1);
  }
  return runs;
}

/** @throws InvalidInputError unless the runs are h·w labels */
export function decodeRuns({ h, w, labels, runs }: PatchLabels): Int32Array {
  const out = new Int32Array(h * w);
  let at = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const [label, length] = [runs[i], runs[i + 1]];
    if (!(label in labels) || !(length > 0) || at + length > out.length) break;
    out.fill(label, at, at + length);
    at += length;
  }
  if (at !== out.length) throw new InvalidInputError(`runs of ${at} labels; expected ${h} × ${w}`);
  return out;
}
