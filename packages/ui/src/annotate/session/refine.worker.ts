/** Refines nodes to pixels, in a thread beside the solver's. */

import type { SegmentOptions } from '@saltworks/contract/options';
import { Arena } from '@saltworks/core/arena/arena';
import type { RgbImage } from '@saltworks/core/image/image';
import type { NodeScores } from '@saltworks/core/nodes/scores';
import { giveExact } from '@saltworks/core/refine/exact';
import { openRefiner, type Refiner } from '@saltworks/core/refine/fast/refine';
import type { HeldPixels } from '@saltworks/core/refine/held';

export type RefineRequest =
  | { kind: 'open'; image: RgbImage; options: SegmentOptions & { scale: number } }
  | {
      kind: 'refine';
      picture: number;
      n: number;
      nodes: NodeScores;
      held: HeldPixels | undefined;
      exact: HeldPixels | undefined;
    };

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
/** The last request; earlier ones are not worth finishing. */
let newest = 0;

addEventListener('message', async ({ data }: MessageEvent<RefineRequest>) => {
  const turn = ++newest;
  if (data.kind === 'open') {
    arena.reset();
    refiner = openRefiner(arena, data.image, data.options);
    return;
  }
  // Let messages that arrived meanwhile in first.
  await new Promise((resume) => setTimeout(resume, 0));
  if (turn !== newest || !refiner) return;
  const { picture, n, nodes, held, exact } = data;
  const mask = giveExact(refiner.refine(nodes, held), exact);
  const ids = mask.ids.slice();
  const { width, height } = mask;
  postMessage({ kind: 'pixel', picture, n, width, height, ids }, { transfer: [ids.buffer] });
});
