/**
 * An image opened for strokes: what depends on image and keys alone is built once and serves every set of seeds. This is
 * the readable reference in plain TypeScript; fast/solver.ts does the same by kernels.
 */
import type { SegmentOptions } from '@saltworks/contract/options';
import type { RgbImage } from './image/image.ts';
import type { Keys } from './keys/keys.ts';
import type { Mask } from './mask/mask.ts';
import { type Convergence, type NodeScores, nodesEverywhere } from './nodes/scores.ts';
import type { HeldPixels } from './refine/held.ts';
import { refine } from './refine/refine.ts';
import type { Seeds } from './seeds/seeds.ts';
import { nodeGraph, propagate } from './spread/node-graph.ts';
import type { Opinion } from './walk/opinion.ts';
import { prepareWalk, walk, walkLeftOut } from './walk/walk.ts';

export interface Solver {
  /** The σ that an `rbf` graph used. */
  sigma?: number;
  /** Scores of every node for every label that owns a seed. */
  solve(seeds: Seeds): NodeScores & Convergence;
  /**
   * What the rest of the drawing says of each seed, without its stroke: `[n, c]`, rows summing to 1, zero rows where no seed
   * counts. Absent where it has no closed form.
   */
  leaveOut?(seeds: Seeds): Float32Array;
  /** From nodes to pixels. @param held pixels with a given owner */
  refine(nodes: NodeScores, held?: HeldPixels): Mask;
}

export interface Beside {
  /** What others say of the nodes; the graph `walk` alone hears it. */
  opinion?: Opinion;
}

export type OpenSolver = (image: RgbImage, keys: Keys, options: SegmentOptions, beside?: Beside) => Solver;

export function openPlain(image: RgbImage, keys: Keys, options: SegmentOptions, { opinion }: Beside = {}): Solver {
  const { solve, ...nodes } = openNodes(image, keys, options, opinion);
  return {
    ...nodes,
    solve: (seeds) => (seeds.labels.length === 1 ? nodesEverywhere(seeds) : solve(seeds)),
    refine: (nodes, held) => refine(image, nodes, options, { held }),
  };
}

function openNodes(
  image: RgbImage,
  keys: Keys,
  options: SegmentOptions,
  opinion: Opinion | undefined,
): Omit<Solver, 'refine'> {
  const { graph: kind } = options;
  if (kind === 'walk') {
    const graph = prepareWalk(keys, image, options);
    return { solve: (seeds) => walk(graph, seeds, { opinion }), leaveOut: (seeds) => walkLeftOut(graph, seeds) };
  }
  const graph = nodeGraph(keys, image, { ...options, graph: kind });
  return { sigma: graph.sigma, solve: (seeds) => propagate(graph, seeds, options) };
}
