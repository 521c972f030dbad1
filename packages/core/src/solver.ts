/**
 * An image opened for strokes: what depends on image and keys alone is made once, then every set of seeds is solved. Here
 * in plain TypeScript, the readable reference; fast/solver.ts does the same by kernels.
 */
import { doubleGram, gram, medianDistance, squaredDistances } from './gram.ts';
import { addScaled, colourKnn, knn, normalise, rbf, similarity } from './graph.ts';
import { cellColours, type RgbImage } from './image.ts';
import { doubleKeys, type Keys } from './keys.ts';
import type { Mask } from './mask.ts';
import type { Matrix } from './matrix.ts';
import type { GraphOptions, SegmentOptions } from './options.ts';
import { type NodeScores, refine } from './refine.ts';
import { type Seeds, seedRows } from './seeds.ts';
import { type Convergence, type SpreadOptions, spread } from './spread.ts';
import { prepareWalk, walk } from './walk.ts';

export interface Solver {
  /** The σ that an `rbf` graph used. */
  sigma?: number;
  /** Scores of every node for every label that owns a seed. */
  solve(seeds: Seeds): NodeScores & Convergence;
  /** From nodes to pixels. */
  refine(nodes: NodeScores): Mask;
}

export type OpenSolver = (image: RgbImage, keys: Keys, options: SegmentOptions) => Solver;

export function openPlain(image: RgbImage, keys: Keys, options: SegmentOptions): Solver {
  const { graph: kind } = options;
  if (kind === 'walk') {
    const graph = prepareWalk(keys, image, options);
    return { solve: (seeds) => walk(graph, seeds), refine: (nodes) => refine(image, nodes, options) };
  }
  const graph = nodeGraph(keys, image, { ...options, graph: kind });
  return {
    sigma: graph.sigma,
    solve: (seeds) => propagate(graph, seeds, options),
    refine: (nodes) => refine(image, nodes, options),
  };
}

/** An image's nodes and the affinity that joins them: depends on keys and image alone, so it serves every stroke. */
export interface NodeGraph {
  h: number;
  w: number;
  /** Normalised affinity. */
  s: Matrix;
  /** The σ that `rbf` used. */
  sigma?: number;
}

export function nodeGraph(keys: Keys, image: RgbImage, options: GraphOptions): NodeGraph {
  const double = options.upsample === 'linear';
  const [h, w] = double ? [2 * keys.h, 2 * keys.w] : [keys.h, keys.w];
  const distances = () => squaredDistances(double ? doubleGram(gram(keys), keys.h, keys.w) : gram(keys));
  let a: Matrix;
  let sigma: number | undefined;
  if (options.graph === 'rbf') {
    const d2 = distances();
    // Half of all nodes alike (a blank picture) leave no scale: any σ joins them fully.
    sigma = options.sigma === 'auto' ? options.sigmaFactor * medianDistance(d2) || 1 : options.sigma;
    a = rbf(d2, sigma);
  } else if (options.graph === 'similarity') {
    a = similarity(double ? doubleKeys(keys) : keys, options.tau);
  } else {
    a = knn(distances(), options.neighbors);
  }
  if (options.colorWeight > 0) {
    a = addScaled(a, options.colorWeight, colourKnn(cellColours(image, h, w), options.neighbors));
  }
  return { h, w, s: normalise(a), sigma };
}

/** Scores of every node for every label that owns a seed. */
export function propagate({ h, w, s }: NodeGraph, seeds: Seeds, options: SpreadOptions): NodeScores & Convergence {
  const c = seeds.labels.length;
  const { scores, iterations, converged } = spread(s, seedRows(seeds), c, options);
  return { data: scores, h, w, labels: seeds.labels, iterations, converged };
}
