/** From nodes to pixels, beside the thread that solves nodes. */
import { Arena } from '@saltworks/core/fast/arena';
import { type FastRefineOptions, openRefiner, type Refiner } from '@saltworks/core/fast/refine';
import type { RgbImage } from '@saltworks/core/image';
import type { NodeScores } from '@saltworks/core/refine';

export type RefineRequest =
  | { kind: 'open'; image: RgbImage; options: FastRefineOptions }
  | { kind: 'refine'; picture: number; n: number; nodes: NodeScores };

export interface PixelPreview {
  kind: 'pixel';
  n: number;
  width: number;
  height: number;
  /** Segment id by pixel, row-major. */
  ids: Uint32Array;
}

const arena = new Arena();
let refiner: Refiner | undefined;
/** The last one that was asked for: earlier ones are not worth finishing. */
let newest = 0;

addEventListener('message', async ({ data }: MessageEvent<RefineRequest>) => {
  const turn = ++newest;
  if (data.kind === 'open') {
    arena.reset();
    refiner = openRefiner(arena, data.image, data.options);
    return;
  }
  // What came meanwhile is seen first.
  await new Promise((resume) => setTimeout(resume, 0));
  if (turn !== newest || !refiner) return;
  const { picture, n, nodes } = data;
  const mask = refiner.refine(nodes);
  const ids = mask.ids.slice();
  const { width, height } = mask;
  postMessage({ kind: 'pixel', picture, n, width, height, ids }, { transfer: [ids.buffer] });
});
