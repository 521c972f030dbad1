/** An image opened by kernels: everything that does not depend on strokes is made once and kept in arenas. */
import type { SegmentOptions } from '@saltworks/contract/options';
import { Arena } from '../arena/arena.ts';
import { fastCellColours } from '../image/fast/cells.ts';
import type { RgbImage } from '../image/image.ts';
import type { Keys } from '../keys/keys.ts';
import { gridOf } from '../nodes/grid.ts';
import { nodesEverywhere } from '../nodes/scores.ts';
import { openRefiner } from '../refine/fast/refine.ts';
import type { Solver } from '../solver.ts';
import { denseGraph, knnGraph } from '../spread/fast/graph.ts';
import { StrokeColumns, spreadDense } from '../spread/fast/spread.ts';
import { addScaled, colourKnn, normalise } from '../spread/graph.ts';
import { propagate } from '../spread/node-graph.ts';
import { WalkSolver } from '../walk/fast/walk.ts';

/** Memory for one open image: what nodes need and what pixels need grow independently. */
export interface Arenas {
  nodes: Arena;
  pixels: Arena;
}

export interface FastOptions {
  /** Whose memory is taken until its owner resets it. Default: new ones. */
  arenas?: Arenas;
  /**
   * Whether strokes will come and go: then each stroke's share of an answer is kept, so that another one, undo and
   * weights cost little. Otherwise all labels are solved at once, which is quicker for strokes that are all there.
   */
  strokes?: boolean;
  /** The share of the picture's sides at which the CRF runs at most, for previews. */
  scale?: number;
}

/** As `openPlain` of solver.ts, with the same answers. */
export function openFast(
  image: RgbImage,
  keys: Keys,
  options: SegmentOptions,
  { arenas = { nodes: new Arena(), pixels: new Arena() }, strokes = false, scale }: FastOptions = {},
): Solver {
  const refiner = openRefiner(arenas.pixels, image, { ...options, scale });
  const { sigma, solve } = openNodes(arenas.nodes, image, keys, options, strokes);
  return {
    sigma,
    solve: (seeds) => (seeds.labels.length === 1 ? nodesEverywhere(seeds) : solve(seeds)),
    refine: (nodes, held) => refiner.refine(nodes, held),
  };
}

function openNodes(
  arena: Arena,
  image: RgbImage,
  keys: Keys,
  options: SegmentOptions,
  strokes: boolean,
): Omit<Solver, 'refine'> {
  const { graph: kind } = options;
  switch (kind) {
    case 'walk': {
      const walk = new WalkSolver(arena, keys, image, options);
      return { solve: (seeds) => walk.solve(seeds) };
    }
    case 'knn': {
      const { height: h, width: w } = gridOf(keys, options.upsample);
      const a = knnGraph(arena, keys, { ...options, graph: kind });
      const colours = () => colourKnn(fastCellColours(arena, image, h, w), options.neighbors);
      const s = normalise(options.colorWeight > 0 ? addScaled(a, options.colorWeight, colours()) : a);
      return { solve: (seeds) => propagate({ h, w, s }, seeds, options) };
    }
    default: {
      const graph = denseGraph(arena, keys, image, { ...options, graph: kind });
      const columns = strokes ? new StrokeColumns(graph, options) : undefined;
      return {
        sigma: graph.sigma,
        // A column is a stroke that counts 1: soft seeds have none.
        solve: (seeds) => (columns && !seeds.soft ? columns.scores(seeds) : spreadDense(graph, seeds, options)),
      };
    }
  }
}
