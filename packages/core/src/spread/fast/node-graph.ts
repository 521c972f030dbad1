/** Spreading along any affinity, by kernels: the twin of node-graph.ts, with a case for sparse affinities and one for dense. */
import type { GraphOptions, SpreadOptions } from '@saltworks/contract/options';
import type { Arena } from '../../arena/arena.ts';
import { fastCellColours } from '../../image/fast/cells.ts';
import type { RgbImage } from '../../image/image.ts';
import type { Keys } from '../../keys/keys.ts';
import { gridOf } from '../../nodes/grid.ts';
import type { Convergence, NodeScores } from '../../nodes/scores.ts';
import type { Seeds } from '../../seeds/seeds.ts';
import { addScaled, colourKnn, normalise } from '../graph.ts';
import { propagate } from '../node-graph.ts';
import { denseGraph, knnGraph } from './graph.ts';
import { StrokeColumns, spreadDense } from './spread.ts';

export interface OpenGraph {
  /** The σ that `rbf` used. */
  sigma?: number;
  /** Scores of every node for every label that owns a seed. */
  solve(seeds: Seeds): NodeScores & Convergence;
}

/**
 * Builds the graph in the arena, where it stays.
 *
 * @param strokes whether to keep each stroke's share of an answer, for strokes that come and go
 * @throws InvalidInputError if there are too many nodes, or a setting is out of its range
 */
export function openGraph(
  arena: Arena,
  keys: Keys,
  image: RgbImage,
  options: GraphOptions & Required<SpreadOptions>,
  strokes: boolean,
): OpenGraph {
  const { graph: kind, colorWeight, neighbors } = options;
  if (kind === 'knn') {
    const { height: h, width: w } = gridOf(keys, options.upsample);
    const a = knnGraph(arena, keys, options);
    const colours = () => colourKnn(fastCellColours(arena, image, h, w), neighbors);
    const s = normalise(colorWeight > 0 ? addScaled(a, colorWeight, colours()) : a);
    return { solve: (seeds) => propagate({ h, w, s }, seeds, options) };
  }
  const graph = denseGraph(arena, keys, image, { ...options, graph: kind });
  const columns = strokes ? new StrokeColumns(graph, options) : undefined;
  return {
    sigma: graph.sigma,
    // A column counts each seed of its stroke 1; soft seeds count otherwise.
    solve: (seeds) => (columns && !seeds.soft ? columns.scores(seeds) : spreadDense(graph, seeds, options)),
  };
}
