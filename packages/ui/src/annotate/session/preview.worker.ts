/** Solves the image in the page with the server's own kernels, so that labels follow the pen. */

import { parseScribbles, type Scribbles, type Stroke } from '@saltworks/contract/documents/scribbles';
import { unknownKind } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { Arena } from '@saltworks/core/arena/arena';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { nextStroke } from '@saltworks/core/help/next-stroke';
import { keyDirections, similarTo } from '@saltworks/core/help/similarity';
import type { Keys } from '@saltworks/core/keys/keys';
import { argmax, margins, type NodeScores } from '@saltworks/core/nodes/scores';
import { nodesPerPatch } from '@saltworks/core/options';
import { rasterise, type Seeds, type StrokeRaster, seedNodes } from '@saltworks/core/seeds/seeds';
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
    }
  /** scribbles: absent if unchanged. draft: the stroke under the pen, added to them. */
  | { kind: 'solve'; n: number; scribbles?: string; draft?: Stroke }
  /** Refines the last solve to pixels, if it was n and had no draft. */
  | { kind: 'refine'; n: number }
  /** Shares of the image's sides, 0 … 1. */
  | { kind: 'similar'; x: number; y: number }
  | { kind: 'hint'; n: number }
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

export type PreviewAnswer = { picture: number } & (
  | { kind: 'open' }
  | { kind: 'failed'; of: PreviewRequest['kind']; n?: number; reason: string }
  | PatchPreview
  | PixelPreview
  | SimilarPreview
  | Hint
);

interface Opened {
  picture: number;
  solver: Solver;
  keys: Keys;
  h: number;
  w: number;
  scribbles?: Scribbles;
  /** Built on first use. */
  directions?: Keys;
  last?: { n: number; draft: boolean; nodes: NodeScores; seeds: Seeds; raster: StrokeRaster };
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
    else if (opened?.picture === picture) answer(opened, data);
  } catch (error) {
    const n = data.kind === 'solve' ? data.n : undefined;
    tell({ kind: 'failed', picture, of: data.kind, n, reason: (error as Error).message });
  }
});

function answer(opened: Opened, request: Exclude<PreviewRequest, { kind: 'open' }>): void {
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
    default:
      unknownKind('request', kind, ['open', 'solve', 'refine', 'similar', 'hint']);
  }
}

async function open({ picture, keys: file, image: bytes, options }: PreviewRequest & { kind: 'open' }) {
  opened = undefined;
  const { keys } = decodeKeys(new Uint8Array(file));
  const { rgba, width, height } = await pixelsOf(new Blob([bytes]));
  const data = new Uint8Array(3 * width * height);
  for (let i = 0, o = 0; o < data.length; i += 4) {
    data[o++] = rgba[i];
    data[o++] = rgba[i + 1];
    data[o++] = rgba[i + 2];
  }
  const factor = nodesPerPatch(options.upsample);
  arenas.nodes.reset();
  arenas.pixels.reset();
  const image = { data, width, height };
  const solver = openFast(image, keys, options, { arenas, strokes: true });
  opened = { picture, solver, keys, h: factor * keys.h, w: factor * keys.w };
  const request: RefineRequest = { kind: 'open', image, options: { ...options, scale: 0.5 } };
  refiner.postMessage(request, { transfer: [data.buffer] });
  tell({ kind: 'open', picture });
}

function solve(opened: Opened, { n, scribbles, draft }: PreviewRequest & { kind: 'solve' }): void {
  if (scribbles !== undefined) opened.scribbles = parseScribbles(scribbles);
  const { solver, h, w, picture } = opened;
  const drawn = opened.scribbles!;
  const strokes = draft ? [...drawn.strokes, draft] : drawn.strokes;
  const raster = rasterise({ ...drawn, strokes });
  const seeds = seedNodes(raster, h, w);
  const nodes = solver.solve(seeds);
  const c = seeds.labels.length;
  const ids = Uint32Array.from(argmax(nodes.data, c), (label) => seeds.labels[label]);
  const margin = margins(nodes.data, c);
  opened.last = { n, draft: !!draft, nodes, seeds, raster };
  tell({ kind: 'patch', picture, n, draft: !!draft, h, w, ids, margin }, [ids.buffer, margin.buffer]);
}

function refine({ last, picture }: Opened, n: number): void {
  if (last?.n !== n || last.draft) return;
  const request: RefineRequest = { kind: 'refine', picture, n, nodes: last.nodes, raster: last.raster };
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

function hint({ last, picture, h, w }: Opened, n: number): void {
  const found = last?.n === n ? nextStroke(last.nodes, last.seeds.nodes) : undefined;
  const place = found && {
    x: ((found.node % w) + 0.5) / w,
    y: (Math.floor(found.node / w) + 0.5) / h,
    segment: found.segment,
    other: found.other,
  };
  tell({ kind: 'hint', picture, n, place });
}
