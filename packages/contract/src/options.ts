/** The settings that keys are extracted and masks are made with, by the names that commands, documents and the API share. */

/** What keys are taken with. */
export interface ExtractSettings {
  /** A known backbone's name. */
  backbone: string;
  /** Default: the last. */
  layer?: number;
  facet: 'key' | 'query' | 'value';
  /** Pixels; default the backbone's own. */
  longSide?: number;
}

export const presetNames = ['paper', 'best'] as const;
export type Preset = (typeof presetNames)[number];

export interface SpreadOptions {
  /** How much a node takes from its neighbours, between 0 and 1 exclusive. */
  alpha?: number;
  /** Stops once the sum of |ΔF| over all nodes and labels falls below this. */
  tol?: number;
  maxIter?: number;
}

export interface CrfOptions {
  /** Smoothness: standard deviation in pixels, and weight. */
  gaussian: { xy: number; weight: number };
  /** Appearance: standard deviations in pixels and in levels of 8-bit colour, and weight. */
  bilateral: { xy: number; rgb: number; weight: number };
  /** Mean-field steps. */
  steps: number;
}

/** `walk`: ridge and random walk, which take nothing of the other graphs' options; else an affinity to spread along. */
export const graphKinds = ['walk', 'rbf', 'similarity', 'knn'] as const;
/** From patches to nodes: `linear` doubles the grid by interpolation; `none` takes keys as they come (as those of `overlap` do). */
export const upsampleKinds = ['linear', 'none'] as const;
export const refineKinds = ['crf', 'none'] as const;
export const unaryKinds = ['hard', 'soft'] as const;
/** Pixels under strokes: `hold` keeps each stroke's label on them; `tolerate` lets the picture contradict noisy strokes. */
export const strokeKinds = ['hold', 'tolerate'] as const;

/** How an affinity between nodes is made, along which labels spread. */
export interface GraphOptions {
  graph: Exclude<(typeof graphKinds)[number], 'walk'>;
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
  upsample: Upsample;
}

export type Upsample = (typeof upsampleKinds)[number];

export interface RefineOptions {
  refine: (typeof refineKinds)[number];
  /**
   * What pixels start from. `hard`: each node's best label, taken by all pixels of its cell; for the CRF, `hidden` of
   * the nodes say nothing (the paper). `soft`: the nodes' scores, interpolated.
   */
  unary: (typeof unaryKinds)[number];
  /** Share of nodes hidden from a CRF on hard labels, 0 … 1. */
  hidden: number;
  /** Chooses which nodes are hidden. */
  seed: number;
  /** For `soft`: interpolated scores are weighed by the colour likelihood to this power; 0 leaves it out. */
  colourLikelihood: number;
  crf: CrfOptions;
}

export interface SegmentOptions extends Omit<GraphOptions, 'graph'>, Required<SpreadOptions>, RefineOptions {
  graph: (typeof graphKinds)[number];
  strokes: (typeof strokeKinds)[number];
}
