/** From keys and strokes to a mask, stage by stage. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { answerFrom, labelsOf } from './answer.ts';
import { Arena } from './arena/arena.ts';
import { type Arenas, openFast } from './fast/solver.ts';
import type { RgbImage } from './image/image.ts';
import type { Keys } from './keys/keys.ts';
import type { Mask } from './mask/mask.ts';
import { gridOf } from './nodes/grid.ts';
import type { Convergence, NodeScores } from './nodes/scores.ts';
import type { Seeds, StrokeRaster } from './seeds/seeds.ts';
import type { Beside, OpenSolver } from './solver.ts';

export interface Segmentation {
  mask: Mask;
  nodes: NodeScores & Convergence;
  seeds: Seeds;
  sigma?: number;
  /** Milliseconds of each stage. */
  timings: { graph: number; seeds: number; spread: number; refine: number };
}

/**
 * Solves one image.
 *
 * @param image upright, at its own size
 * @param keys of the same image
 * @param raster strokes, at the image's size
 * @param open the solver, by kernels unless given; `openPlain` of solver.ts is the plain reference
 * @param beside what joins the strokes, such as the opinion of a corpus (`opinionOf`)
 * @throws InvalidInputError if the strokes are of another size or label fewer than two segments
 */
export function segment(
  image: RgbImage,
  keys: Keys,
  raster: StrokeRaster,
  options: SegmentOptions,
  open: OpenSolver = openReused,
  beside: Beside = {},
): Segmentation {
  if (raster.width !== image.width || raster.height !== image.height) {
    throw new InvalidInputError(
      `scribbles for ${raster.width} × ${raster.height} pixels; expected the image's ${image.width} × ${image.height}`,
    );
  }
  const timings = { graph: 0, seeds: 0, spread: 0, refine: 0 };
  const timed = <T>(stage: keyof typeof timings, work: () => T): T => {
    const start = performance.now();
    const result = work();
    timings[stage] = performance.now() - start;
    return result;
  };
  // Seeds first: unusable strokes are refused before the graph is built.
  const labels = timed('seeds', () => labelsOf(raster, gridOf(keys, options.upsample), options));
  const solver = timed('graph', () => open(image, keys, options, beside));
  const { seeds, nodes, mask } = timed('spread', () => answerFrom(solver, labels));
  return { mask: timed('refine', mask), nodes, seeds, sigma: solver.sigma, timings };
}

/** Memory, reused from one image to the next: nothing that `segment` returns lies in it. */
let arenas: Arenas | undefined;

/** Memory beyond this many bytes is dropped: one large image should not hold it for good. */
const keptMemory = 512e6;

/** By kernels, in memory that the next image takes over: only the last one that was opened can be used. */
export const openReused: OpenSolver = (image, keys, options, beside) => {
  if (!arenas || arenas.nodes.size + arenas.pixels.size > keptMemory) {
    arenas = { nodes: new Arena(), pixels: new Arena() };
  }
  arenas.nodes.reset();
  arenas.pixels.reset();
  return openFast(image, keys, options, { arenas, ...beside });
};
