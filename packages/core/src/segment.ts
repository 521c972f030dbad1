/** The whole way from keys and strokes to a mask, stage by stage, and the presets that name its settings. */
import { InvalidInputError } from './errors.ts';
import { doubleGram, gram, medianDistance, squaredDistances } from './gram.ts';
import { addScaled, colourKnn, knn, normalise, rbf, similarity } from './graph.ts';
import { cellColours, type RgbImage } from './image.ts';
import { doubleKeys, type Keys } from './keys.ts';
import type { Mask } from './mask.ts';
import type { Matrix } from './matrix.ts';
import { type NodeScores, type RefineOptions, refine } from './refine.ts';
import { oneHot, type Seeds, type StrokeRaster, seedNodes } from './seeds.ts';
import { type SpreadOptions, spread } from './spread.ts';

export interface GraphOptions {
  graph: 'rbf' | 'similarity' | 'knn';
  /** σ of `rbf`, in units of key distance; `auto` is sigmaFactor × the median distance between nodes. */
  sigma: number | 'auto';
  /** The backbone's own factor for `auto`. */
  sigmaFactor: number;
  /** `similarity`: cosine from which two nodes count as alike, −1 … 1. */
  tau: number;
  /** `knn` and the colour graph: neighbours of a node, itself counted, as scikit-learn counts them. */
  neighbors: number;
  /** λ of the colour k-NN graph added to the affinity; 0 leaves it out. */
  colorWeight: number;
  /** `linear` doubles the grid by interpolation; `none` takes keys as they come (as those of `overlap` do). */
  upsample: 'linear' | 'none';
}

export type SegmentOptions = GraphOptions & Required<SpreadOptions> & RefineOptions;

const shared = {
  graph: 'rbf',
  sigma: 'auto',
  sigmaFactor: 0.15,
  tau: 0.8,
  neighbors: 7,
  colorWeight: 0,
  upsample: 'linear',
  alpha: 0.2,
  tol: 1e-3,
  maxIter: 30,
  refine: 'crf',
  hidden: 0.2,
  seed: 0,
} as const;

/**
 * `paper` is the seed method to the letter: the CRF sees hard labels, a fifth of them hidden, with pydensecrf's usual
 * weights. `best` differs where a gain was measured (docs/quality.md).
 */
export const presets: Record<'paper' | 'best', SegmentOptions> = {
  paper: {
    ...shared,
    unary: 'hard',
    crf: { gaussian: { xy: 3, weight: 3 }, bilateral: { xy: 80, rgb: 13, weight: 10 }, steps: 5 },
  },
  best: {
    ...shared,
    unary: 'soft',
    crf: { gaussian: { xy: 3, weight: 3 }, bilateral: { xy: 60, rgb: 10, weight: 5 }, steps: 5 },
  },
};

/** An image's nodes and how they are joined: depends on keys and image alone, so it serves every stroke. */
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
  const { scores, iterations, converged } = spread(s, oneHot(seeds.nodes, c), c, options);
  return { data: scores, h, w, labels: seeds.labels, iterations, converged };
}

interface Convergence {
  iterations: number;
  converged: boolean;
}

export interface Segmentation {
  mask: Mask;
  nodes: NodeScores & Convergence;
  seeds: Seeds;
  sigma?: number;
  /** Milliseconds a stage. */
  timings: { graph: number; seeds: number; spread: number; refine: number };
}

/**
 * Keys and strokes of one image to its mask.
 *
 * @param image upright, at its own size
 * @param keys of the same image
 * @param raster strokes at the image's size
 * @throws InvalidInputError if the strokes are of another size or label fewer than two things
 */
export function segment(image: RgbImage, keys: Keys, raster: StrokeRaster, options: SegmentOptions): Segmentation {
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
  // Seeds first: strokes that cannot be used are refused before the graph is built.
  const factor = options.upsample === 'linear' ? 2 : 1;
  const seeds = timed('seeds', () => seedNodes(raster, factor * keys.h, factor * keys.w));
  const graph = timed('graph', () => nodeGraph(keys, image, options));
  const nodes = timed('spread', () => propagate(graph, seeds, options));
  const mask = timed('refine', () => refine(image, nodes, options));
  return { mask, nodes, seeds, sigma: graph.sigma, timings };
}
