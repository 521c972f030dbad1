/** Refines nodes to pixels, in a thread beside the solver's. */

import type { SegmentOptions } from '@saltworks/contract/options';
import { Arena } from '@saltworks/core/arena/arena';
import type { RgbImage } from '@saltworks/core/image/image';
import type { NodeScores } from '@saltworks/core/nodes/scores';
import { openRefiner, type Refiner } from '@saltworks/core/refine/fast/refine';
import { heldPixels } from '@saltworks/core/refine/held';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';

export type RefineRequest =
  | { kind: 'open'; image: RgbImage; options: SegmentOptions & { scale: number } }
  | { kind: 'refine'; picture: number; n: number; nodes: NodeScores; raster: StrokeRaster };

export interface PixelPreview {
  kind: 'pixel';
  n: number;
  width: number;
  height: number;
  /** Segment id by pixel, row-major. */
  ids: Uint32Array;
}

const arena = new Arena();
let opened: { refiner: Refiner; options: SegmentOptions } | undefined;
/** The last request; earlier ones are not worth finishing. */
let newest = 0;

addEventListener('message', async ({ data }: MessageEvent<RefineRequest>) => {
  const turn = ++newest;
  if (data.kind === 'open') {
    arena.reset();
    const { image, options } = data;
    opened = { refiner: openRefiner(arena, image, options), options };
    return;
  }
  // Let messages that arrived meanwhile in first.
  await new Promise((resume) => setTimeout(resume, 0));
  if (turn !== newest || !opened) return;
  const { picture, n, nodes, raster } = data;
  const mask = opened.refiner.refine(nodes, heldPixels(raster, opened.options));
  const ids = mask.ids.slice();
  const { width, height } = mask;
  postMessage({ kind: 'pixel', picture, n, width, height, ids }, { transfer: [ids.buffer] });
});
