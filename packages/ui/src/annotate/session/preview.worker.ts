/** Solves the image in the page with the server's own kernels, so that labels follow the pen. */

import type { Lock, Segment, Stroke } from '@saltworks/contract/documents/scribbles';
import { unknownKind } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { type Answer, answerFrom, labelsOf, type StrokeLabels } from '@saltworks/core/answer';
import { Arena } from '@saltworks/core/arena/arena';
import { hearCorpus } from '@saltworks/core/corpus/prior';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeCorpusPrior } from '@saltworks/core/formats/corpus-prior';
import { decodeKeys, soundOrigin } from '@saltworks/core/formats/keys';
import { nextStroke } from '@saltworks/core/help/next-stroke';
import { keyDirections, similarTo } from '@saltworks/core/help/similarity';
import { findSuspects } from '@saltworks/core/help/suspects';
import type { Keys } from '@saltworks/core/keys/keys';
import { mean } from '@saltworks/core/metrics/mean';
import { type Grid, gridOf } from '@saltworks/core/nodes/grid';
import { argmax, expectedIous, margins } from '@saltworks/core/nodes/scores';
import { StrokeSheet } from '@saltworks/core/seeds/sheet';
import type { Solver } from '@saltworks/core/solver';
import { pixelsOf } from '../pixels.ts';
import type { PixelPreview, RefineRequest } from './refine.worker.ts';

/** `picture` numbers the open image; answers repeat it, as they repeat `n`. */
export type PreviewRequest = { picture: number } & (
  | {
      kind: 'open';
      /** The bytes of the keys file, and the image in a form that the browser decodes. */
      keys: ArrayBuffer;
      image: ArrayBuffer;
      options: SegmentOptions;
      /** The bytes of the corpus' prior, where the options name one. */
      prior?: ArrayBuffer;
    }
  /** keep: how many strokes of the last drawing stay; `strokes` come after them. draft: the stroke under the pen, on top. */
  | { kind: 'solve'; n: number; keep: number; strokes: Stroke[]; locks?: Lock[]; segments: Segment[]; draft?: Stroke }
  /** Refines the last solve to pixels, if it was n and had no draft. */
  | { kind: 'refine'; n: number }
  /** Shares of the image's sides, 0 … 1. */
  | { kind: 'similar'; x: number; y: number }
  | { kind: 'hint'; n: number }
  /** Checks the strokes of the last solve, if it was n and had no draft. */
  | { kind: 'check'; n: number }
);

export interface PatchPreview {
  kind: 'patch';
  n: number;
  /** It includes the stroke under the pen. */
  draft: boolean;
  h: number;
  w: number;
  /** Segment id by node, row-major. */
  ids: Uint32Array;
  /** Each node's margin: its best score less its second, 0 … 1. */
  margin: Float32Array;
}

/** By patch, −1 … 1, row-major. */
export interface SimilarPreview {
  kind: 'similar';
  values: Float32Array;
  width: number;
  height: number;
}

export interface Hint {
  kind: 'hint';
  n: number;
  /** The place in shares of the image's sides, its segment and the runner-up; absent if nothing is unsure. */
  place?: { x: number; y: number; segment: number; other: number };
}

/** What the strokes say of each other. */
export interface Checked {
  kind: 'check';
  n: number;
  /** Strokes that the others contradict, the worst first: numbers from 1 in the drawing, their segments, and what is seen there. */
  suspects: { stroke: number; segment: number; other: number }[];
  /** The IoU that the node scores let expect, mean over segments; absent where it is not calibrated. */
  expected?: number;
}

export type PreviewAnswer = { picture: number } & (
  | { kind: 'open' }
  /** damaged: the keys are, so that others may do. */
  | { kind: 'failed'; of: PreviewRequest['kind']; n?: number; reason: string; damaged?: boolean }
  | PatchPreview
  | PixelPreview
  | SimilarPreview
  | Hint
  | Checked
);

interface Opened {
  picture: number;
  solver: Solver;
  keys: Keys;
  grid: Grid;
  options: SegmentOptions;
  /** Of the drawing that is solved, for the corpus that is heard. */
  segments: readonly Segment[];
  strokes: Stroke[];
  sheet: StrokeSheet;
  /** Built on first use. */
  directions?: Keys;
  last?: { n: number; draft: boolean; drawn: StrokeLabels; nodes: Answer['nodes'] };
}

let opened: Opened | undefined;
/** Memory, reused from one image to the next. */
const arenas = { nodes: new Arena(), pixels: new Arena() };

/** Refining takes long: in its own thread it delays no stroke. */
const refiner = new Worker(new URL('./refine.worker.ts', import.meta.url), { type: 'module' });
refiner.addEventListener('message', ({ data }: MessageEvent<PreviewAnswer & PixelPreview>) =>
  tell(data, [data.ids.buffer]),
);

const tell = (answer: PreviewAnswer, move: Transferable[] = []) => postMessage(answer, { transfer: move });

addEventListener('message', async ({ data }: MessageEvent<PreviewRequest>) => {
  const { picture } = data;
  try {
    if (data.kind === 'open') await open(data);
    else if (opened?.picture === picture) await answer(opened, data);
  } catch (error) {
    const n = data.kind === 'solve' ? data.n : undefined;
    const damaged = data.kind === 'open' && !soundOrigin(new Uint8Array(data.keys));
    tell({ kind: 'failed', picture, of: data.kind, n, reason: (error as Error).message, damaged });
  }
});

async function answer(opened: Opened, request: Exclude<PreviewRequest, { kind: 'open' }>): Promise<void> {
  const { kind } = request;
  switch (kind) {
    case 'solve':
      solve(opened, request);
      break;
    case 'refine':
      refine(opened, request.n);
      break;
    case 'similar':
      similar(opened, request.x, request.y);
      break;
    case 'hint':
      hint(opened, request.n);
      break;
    case 'check':
      await check(opened, request.n);
      break;
    default:
      unknownKind('request', kind, ['open', 'solve', 'refine', 'similar', 'hint', 'check']);
  }
}

async function open({ picture, keys: file, image: bytes, options, prior }: PreviewRequest & { kind: 'open' }) {
  if (opened) opened.last = undefined;
  opened = undefined;
  const { keys } = decodeKeys(new Uint8Array(file));
  const { rgba, width, height } = await pixelsOf(new Blob([bytes]));
  const data = new Uint8Array(3 * width * height);
  for (let i = 0, o = 0; o < data.length; i += 4) {
    data[o++] = rgba[i];
    data[o++] = rgba[i + 1];
    data[o++] = rgba[i + 2];
  }
  arenas.nodes.reset();
  arenas.pixels.reset();
  const image = { data, width, height };
  const drawing = { segments: [] as readonly Segment[], strokes: [], sheet: new StrokeSheet(image) };
  const opinion =
    prior && hearCorpus(decodeCorpusPrior(new Uint8Array(prior)), keys, options, () => opened?.segments ?? []);
  const solver = openFast(image, keys, options, { arenas, strokes: true, opinion });
  opened = { picture, solver, keys, grid: gridOf(keys, options.upsample), options, ...drawing };
  const request: RefineRequest = { kind: 'open', image, options: { ...options, scale: 0.5 } };
  refiner.postMessage(request, { transfer: [data.buffer] });
  tell({ kind: 'open', picture });
}

function solve(opened: Opened, { n, keep, strokes, locks, segments, draft }: PreviewRequest & { kind: 'solve' }): void {
  opened.segments = segments;
  opened.strokes = [...opened.strokes.slice(0, keep), ...strokes];
  const { solver, grid, options, picture, last } = opened;
  // The last answer's raster lies on this sheet.
  opened.last = undefined;
  const drawn = labelsOf(opened.sheet.raster(opened.strokes, locks, draft), grid, options);
  // What a corpus says depends on the segments' classes, too.
  const before = options.corpus === undefined && last ? { seeds: last.drawn.seeds, nodes: last.nodes } : undefined;
  const { seeds, nodes } = answerFrom(solver, drawn, before);
  const c = seeds.labels.length;
  const ids = Uint32Array.from(argmax(nodes.data, c), (label) => seeds.labels[label]);
  const margin = margins(nodes.data, c);
  opened.last = { n, draft: !!draft, drawn, nodes };
  tell({ kind: 'patch', picture, n, draft: !!draft, h: grid.height, w: grid.width, ids, margin }, [
    ids.buffer,
    margin.buffer,
  ]);
}

function refine({ last, picture }: Opened, n: number): void {
  if (last?.n !== n || last.draft) return;
  const { nodes, drawn } = last;
  const request: RefineRequest = { kind: 'refine', picture, n, nodes, held: drawn.held(), exact: drawn.exact() };
  refiner.postMessage(request);
}

function similar(opened: Opened, x: number, y: number): void {
  opened.directions ??= keyDirections(opened.keys);
  const { directions, picture } = opened;
  const { h, w } = directions;
  const index = (share: number, size: number) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
  const values = similarTo(directions, index(y, h) * w + index(x, w));
  tell({ kind: 'similar', picture, values, width: w, height: h }, [values.buffer]);
}

function hint({ last, picture, grid: { height, width } }: Opened, n: number): void {
  const found = last?.n === n ? nextStroke(last.nodes, last.drawn.seeds.nodes) : undefined;
  const place = found && {
    x: ((found.node % width) + 0.5) / width,
    y: (Math.floor(found.node / width) + 0.5) / height,
    segment: found.segment,
    other: found.other,
  };
  tell({ kind: 'hint', picture, n, place });
}

/** More than a person looks at; the next check finds those that are left. */
const mostSuspects = 16;

/** Messages that wait are answered between two suspects; a drawing that changed is checked anew when the page asks. */
async function check(opened: Opened, n: number): Promise<void> {
  const { last, solver, picture, options } = opened;
  if (last?.n !== n || last.draft) return;
  const suspects: Checked['suspects'] = [];
  for (const { odds: _, ...suspect } of findSuspects(solver, last.drawn.seeds)) {
    suspects.push(suspect);
    if (suspects.length === mostSuspects) break;
    await new Promise((resolve) => setTimeout(resolve));
    if (opened.last !== last) return;
  }
  const expected = options.graph === 'walk' ? mean(expectedIous(last.nodes)) : undefined;
  tell({ kind: 'check', picture, n, suspects, expected });
}
