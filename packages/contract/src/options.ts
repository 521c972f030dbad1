/**
 * The settings that keys are extracted and masks are made with: schemas for places where they are sent or stored, and the
 * types that the schemas give. Schemas keep fields that they do not know. The code that uses a number checks its range.
 */

import {
  codecPattern,
  facets,
  graphKinds,
  presetNames,
  refineKinds,
  strokeKinds,
  unaryKinds,
  upsampleKinds,
} from './kinds.ts';
import * as z from './zod.ts';

/** What a schema of these fields gives; fields beyond them stay, unseen by the type. */
type Fields<S extends z.core.$ZodShape> = z.infer<z.ZodMiniObject<S>>;
type Schema<T> = z.ZodMiniType<T, T>;

/** How keys are kept. */
export const codec = z.string().check(z.regex(codecPattern, 'float16, int8 or pca-N, N from 1 to 999'));

const extraction = {
  /** Name of a known backbone. */
  backbone: z.string(),
  /** Attention layer, from 0. Default: the last. */
  layer: z.optional(z.number()),
  /** Which projection serves as keys. */
  facet: z.enum(facets),
  /** Pixels of an image's longer side, as the backbone sees it. Default: the backbone's own. */
  longSide: z.optional(z.number()),
  /** Default: float16. */
  codec: z.optional(codec),
};

/** What keys are extracted with. */
export type ExtractSettings = Fields<typeof extraction>;
export const extractSettings: Schema<ExtractSettings> = z.looseObject(extraction);

export const preset = z.enum(presetNames);
export type Preset = z.infer<typeof preset>;

const spreading = {
  /** Share that a node takes from its neighbours, between 0 and 1 exclusive. */
  alpha: z.number(),
  /** Spreading stops once the sum of |ΔF| over all nodes and labels falls below this. */
  tol: z.number(),
  /** Most iterations. */
  maxIter: z.number(),
};

/** How labels spread along an affinity. */
export type SpreadOptions = Partial<Fields<typeof spreading>>;

const affinity = {
  /** σ of `rbf`, in units of key distance. `auto`: sigmaFactor × the median distance between nodes. */
  sigma: z.union([z.literal('auto'), z.number()]),
  /** The backbone's factor for `auto`. */
  sigmaFactor: z.number(),
  /** `similarity`: the cosine from which two nodes count as alike, −1 … 1. */
  tau: z.number(),
  /** `knn` and the colour graph: neighbours of a node, itself included, as scikit-learn counts them. */
  neighbors: z.number(),
  /** λ of the colour k-NN graph that is added to the affinity; 0 leaves it out. */
  colorWeight: z.number(),
  /** From patches to nodes. */
  upsample: z.enum(upsampleKinds),
};

export type Upsample = Fields<typeof affinity>['upsample'];

const graph = z.enum(graphKinds);

/** How an affinity between nodes is made, for labels to spread along. */
export type GraphOptions = Fields<typeof affinity> & {
  graph: Exclude<z.infer<typeof graph>, 'walk'>;
};

const smoothness = {
  /** Standard deviation in pixels. */
  xy: z.number(),
  weight: z.number(),
};
const gaussian: Schema<Fields<typeof smoothness>> = z.looseObject(smoothness);

const appearance = {
  ...smoothness,
  /** Standard deviation in levels of 8-bit colour. */
  rgb: z.number(),
};
const bilateral: Schema<Fields<typeof appearance>> = z.looseObject(appearance);

const meanField = {
  /** Smoothness: nearby pixels share a label. */
  gaussian,
  /** Appearance: nearby pixels of similar colour do. */
  bilateral,
  /** Mean-field steps. */
  steps: z.number(),
  /** The share of the image's sides at which the CRF runs, 0 … 1; Default: 1. */
  scale: z.optional(z.number()),
};

const guidance = {
  /** Half the side of a window, in pixels of the image. */
  radius: z.number(),
  /** Colour differences below its root, of 0 … 1, are smoothed. */
  epsilon: z.number(),
};

/** A guided filter, after He, Sun & Tang 2010. */
export type GuidedOptions = Fields<typeof guidance>;
const guided: Schema<GuidedOptions> = z.looseObject(guidance);

/** A CRF's pairwise terms, and how long it runs. */
export type CrfOptions = Fields<typeof meanField>;
const crf: Schema<CrfOptions> = z.looseObject(meanField);

const refinement = {
  refine: z.enum(refineKinds),
  /** Where pixels start: at their node's best label, or at its interpolated scores. */
  unary: z.enum(unaryKinds),
  /** Share of nodes hidden from a CRF on hard labels, 0 … 1. */
  hidden: z.number(),
  /** Chooses which nodes are hidden. */
  seed: z.number(),
  /** For `soft`: interpolated scores are weighed by the colour likelihood to this power; 0 leaves it out. */
  colourLikelihood: z.number(),
  crf,
  /** Brings the CRF's marginals to the image's own size, along its edges. Default: they are interpolated. */
  guided: z.optional(guided),
  /** How often pixels on frayed outlines take the label of most pixels around them. Default: 0. */
  majority: z.optional(z.number()),
  /** Connected parts below this share of their segment's largest part, and without a stroke, join a neighbour. Default: 0. */
  leastPart: z.optional(z.number()),
};

/** How node scores become pixels. */
export type RefineOptions = Fields<typeof refinement>;

const solve = {
  ...affinity,
  ...spreading,
  ...refinement,
  graph,
  /** Whether pixels under strokes keep the strokes' labels. */
  strokes: z.enum(strokeKinds),
  /** The corpus' prior that a `walk` hears: the sha256 of its file, at `priorKey`. Default: none. */
  corpus: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/, "the sha256 of a corpus' prior"))),
};

/** Everything that a mask is made with, keys and strokes apart. */
export type SegmentOptions = Fields<typeof solve>;
export const segmentOptions: Schema<SegmentOptions> = z.looseObject(solve);
/** What differs from a preset. */
export const segmentChanges: Schema<Partial<SegmentOptions>> = z.partial(z.looseObject(solve));
