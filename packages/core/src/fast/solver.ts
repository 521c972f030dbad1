/** An image opened by kernels: what does not depend on strokes is built once and kept in arenas. */
import type { SegmentOptions } from '@saltworks/contract/options';
import { Arena } from '../arena/arena.ts';
import type { RgbImage } from '../image/image.ts';
import type { Keys } from '../keys/keys.ts';
import { nodesEverywhere } from '../nodes/scores.ts';
import { openRefiner } from '../refine/fast/refine.ts';
import type { Beside, Solver } from '../solver.ts';
import { openGraph } from '../spread/fast/node-graph.ts';
import { WalkSolver } from '../walk/fast/walk.ts';

/** Memory for one open image. Nodes and pixels have an arena each, since their memory grows independently. */
export interface Arenas {
  nodes: Arena;
  pixels: Arena;
}

export interface FastOptions extends Beside {
  /** Memory to use until its owner resets it. Default: new arenas. */
  arenas?: Arenas;
  /**
   * Whether strokes come and go. Then each stroke's share of an answer is kept, so that another stroke, undo and weights
   * cost little. Otherwise all labels are solved at once, which is quicker for strokes that are all there.
   */
  strokes?: boolean;
  /** The largest share of the image's sides at which the CRF runs, for previews. */
  scale?: number;
}

/** The twin of `openPlain` in solver.ts, with the same answers. */
export function openFast(
  image: RgbImage,
  keys: Keys,
  options: SegmentOptions,
  { arenas = { nodes: new Arena(), pixels: new Arena() }, strokes = false, scale, opinion }: FastOptions = {},
): Solver {
  const refiner = openRefiner(arenas.pixels, image, { ...options, scale });
  const { solve, ...nodes } = openNodes(arenas.nodes, image, keys, options, { strokes, opinion });
  return {
    ...nodes,
    solve: (seeds) => (seeds.labels.length === 1 ? nodesEverywhere(seeds) : solve(seeds)),
    refine: (nodes, held) => refiner.refine(nodes, held),
  };
}

function openNodes(
  arena: Arena,
  image: RgbImage,
  keys: Keys,
  options: SegmentOptions,
  { strokes, opinion }: { strokes: boolean } & Beside,
): Omit<Solver, 'refine'> {
  const { graph } = options;
  if (graph !== 'walk') return openGraph(arena, keys, image, { ...options, graph }, strokes);
  const walk = new WalkSolver(arena, keys, image, options);
  return { solve: (seeds) => walk.solve(seeds, { opinion }), leaveOut: (seeds) => walk.leaveOut(seeds) };
}
