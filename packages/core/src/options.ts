/** Settings of the way from keys and strokes to a mask, and the presets that name them. */
import type { RefineOptions } from './refine.ts';
import type { SpreadOptions } from './spread.ts';

/** How an affinity between nodes is made, along which labels spread. */
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

export interface SegmentOptions extends Omit<GraphOptions, 'graph'>, Required<SpreadOptions>, RefineOptions {
  /** `walk`: ridge and random walk, which take nothing of the other graphs' options; else an affinity to spread along. */
  graph: GraphOptions['graph'] | 'walk';
}

const shared = {
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
    graph: 'rbf',
    unary: 'hard',
    colourLikelihood: 0,
    crf: { gaussian: { xy: 3, weight: 3 }, bilateral: { xy: 80, rgb: 13, weight: 10 }, steps: 5 },
  },
  best: {
    ...shared,
    graph: 'walk',
    unary: 'soft',
    colourLikelihood: 0.2,
    crf: { gaussian: { xy: 2, weight: 1 }, bilateral: { xy: 20, rgb: 6, weight: 3 }, steps: 5 },
  },
};
