/** The picture solved in the page, by the kernels that the server uses: labels follow the pen. */

import { Arena } from '@saltworks/core/fast/arena';
import { openFast } from '@saltworks/core/fast/solver';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { parseScribbles } from '@saltworks/core/formats/scribbles';
import { presets, type SegmentOptions } from '@saltworks/core/options';
import type { NodeScores } from '@saltworks/core/refine';
import { rasterise, seedNodes } from '@saltworks/core/seeds';
import type { Solver } from '@saltworks/core/solver';
import { argmax, margins } from '@saltworks/core/spread';
import { pixelsOf } from './pixels.ts';

export type PreviewRequest =
  | {
      kind: 'open';
      /** Bytes of the keys' file, and of the picture in a form that the browser reads. */
      keys: ArrayBuffer;
      image: ArrayBuffer;
      preset: 'paper' | 'best';
      solve: Partial<SegmentOptions>;
    }
  /** n: told back; pixels: also a mask at half the picture's size. */
  | { kind: 'solve'; n: number; scribbles: string; pixels: boolean };

export interface PatchPreview {
  kind: 'patch';
  n: number;
  h: number;
  w: number;
  /** Segment id by node, row-major. */
  ids: Uint32Array;
  /** How sure each node is: its best score less its second, 0 … 1. */
  margin: Float32Array;
  ms: number;
}

export interface PixelPreview {
  kind: 'pixel';
  n: number;
  width: number;
  height: number;
  ids: Uint32Array;
  ms: number;
}

export type PreviewAnswer =
  | { kind: 'open'; ms: number }
  | { kind: 'failed'; n?: number; reason: string }
  | PatchPreview
  | PixelPreview;

interface Opened {
  solver: Solver;
  h: number;
  w: number;
  /** Nodes of the drawing that was solved last: its pixels are asked for a moment later. */
  last?: { n: number; scribbles: string; nodes: NodeScores };
}

let opened: Opened | undefined;
/** The last one that was asked for: earlier ones are not worth finishing. */
let newest = 0;

const tell = (answer: PreviewAnswer, move: Transferable[] = []) => postMessage(answer, { transfer: move });

addEventListener('message', async ({ data }: MessageEvent<PreviewRequest>) => {
  const start = performance.now();
  try {
    if (data.kind === 'open') {
      opened = await open(data);
      tell({ kind: 'open', ms: performance.now() - start });
    } else {
      newest = data.n;
      // What came meanwhile is seen first.
      await new Promise((resume) => setTimeout(resume, 0));
      if (data.n === newest && opened) solve(opened, data, start);
    }
  } catch (error) {
    tell({ kind: 'failed', n: data.kind === 'solve' ? data.n : undefined, reason: (error as Error).message });
  }
});

async function open({ keys: file, image: bytes, preset, solve }: PreviewRequest & { kind: 'open' }): Promise<Opened> {
  const { keys } = decodeKeys(new Uint8Array(file));
  const { rgba, width, height } = await pixelsOf(new Blob([bytes]));
  const data = new Uint8Array(3 * width * height);
  for (let i = 0, o = 0; o < data.length; i += 4) {
    data[o++] = rgba[i];
    data[o++] = rgba[i + 1];
    data[o++] = rgba[i + 2];
  }
  const options = { ...presets[preset], ...solve };
  const factor = options.upsample === 'linear' ? 2 : 1;
  const arenas = { nodes: new Arena(), pixels: new Arena() };
  const solver = openFast({ data, width, height }, keys, options, { arenas, strokes: true, scale: 0.5 });
  return { solver, h: factor * keys.h, w: factor * keys.w };
}

function solve(opened: Opened, { n, scribbles, pixels }: PreviewRequest & { kind: 'solve' }, start: number): void {
  const { last } = opened;
  const same = last?.n === n && last.scribbles === scribbles;
  const nodes = same ? last.nodes : solveNodes(opened, n, scribbles, start);
  if (!pixels) return;
  const mask = opened.solver.refine(nodes);
  const { width, height } = mask;
  const ids = mask.ids.slice();
  tell({ kind: 'pixel', n, width, height, ids, ms: performance.now() - start }, [ids.buffer]);
}

function solveNodes(opened: Opened, n: number, scribbles: string, start: number): NodeScores {
  const { solver, h, w } = opened;
  const seeds = seedNodes(rasterise(parseScribbles(scribbles)), h, w);
  const nodes = solver.solve(seeds);
  const c = seeds.labels.length;
  const ids = Uint32Array.from(argmax(nodes.data, c), (label) => seeds.labels[label]);
  const margin = margins(nodes.data, c);
  opened.last = { n, scribbles, nodes };
  tell({ kind: 'patch', n, h, w, ids, margin, ms: performance.now() - start }, [ids.buffer, margin.buffer]);
  return nodes;
}
