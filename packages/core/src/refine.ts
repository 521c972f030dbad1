/** From nodes to pixels: scores or labels of the node grid, refined along the image's edges, become one owner per pixel. */
import { type CrfOptions, hideNodes, pairwiseTerms, startMeanField, unaryFromLabels, unaryFromScores } from './crf.ts';
import { type RgbImage, resizeBicubic } from './image.ts';
import { interpolateLinear, linearRows } from './interpolate.ts';
import type { Mask } from './mask.ts';
import { argmax } from './spread.ts';

/** What spreading says of every node. */
export interface NodeScores {
  /** `[h, w, c]` row-major, rows summing to 1 or 0. */
  data: Float32Array;
  h: number;
  w: number;
  /** Segment ids: the meaning of label 0 … c − 1. */
  labels: readonly number[];
}

export interface RefineOptions {
  refine: 'crf' | 'none';
  /**
   * What pixels start from. `hard`: each node's best label, taken by all pixels of its cell; for the CRF, `hidden` of
   * the nodes say nothing (the paper). `soft`: the nodes' scores, interpolated.
   */
  unary: 'hard' | 'soft';
  /** Share of nodes hidden from a CRF on hard labels, 0 … 1. */
  hidden: number;
  /** Chooses which nodes are hidden. */
  seed: number;
  crf: CrfOptions;
}

/** Bytes that the CRF may take; a larger picture is refined at the largest size that fits, then scaled up softly. */
const crfBudget = 400e6;

export function refine(image: RgbImage, scores: NodeScores, options: RefineOptions): Mask {
  const { width, height } = image;
  if (options.refine === 'none') return fromNodes(scores, width, height, options.unary);

  const c = scores.labels.length;
  const scale = crfScale(width * height, c);
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
  const { gaussian, bilateral, steps } = options.crf;
  const terms = pairwiseTerms(resizeBicubic(image, size.width, size.height), {
    gaussian: { ...gaussian, xy: gaussian.xy * scale },
    bilateral: { ...bilateral, xy: bilateral.xy * scale },
  });
  const field = startMeanField(unary(scores, size.width, size.height, options), c, terms);
  for (let i = 0; i < steps; i++) field.step();
  return softMask(field.q, size.height, size.width, scores.labels, width, height);
}

/** At which share of its size an image of that many pixels is refined: 1 unless it would not fit the budget. */
export function crfScale(pixels: number, c: number): number {
  // Per pixel: 3 + 6 lattice points with weights, eight bytes each, the features, and six arrays of c floats.
  const bytes = pixels * (9 * 8 + 7 * 4 + 6 * 4 * c);
  return Math.min(1, Math.sqrt(crfBudget / bytes));
}

function unary(scores: NodeScores, width: number, height: number, options: RefineOptions): Float32Array {
  const { data, h, w, labels } = scores;
  const c = labels.length;
  if (options.unary === 'soft') return unaryFromScores(interpolateLinear(data, h, w, c, height, width));
  const nodes = hideNodes(argmax(data, c), options.hidden, options.seed);
  return unaryFromLabels(nearest(nodes, h, w, width, height), c);
}

function fromNodes(scores: NodeScores, width: number, height: number, kind: 'hard' | 'soft'): Mask {
  const { data, h, w, labels } = scores;
  if (kind === 'soft') return softMask(data, h, w, labels, width, height);
  const nodes = nearest(argmax(data, labels.length), h, w, width, height);
  return { ids: Uint32Array.from(nodes, (label) => labels[label]), width, height };
}

/** Every pixel takes the value of the node in whose cell it lies. */
function nearest(nodes: Int32Array, h: number, w: number, width: number, height: number): Int32Array {
  const out = new Int32Array(width * height);
  const column = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * w) / width));
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * h) / height) * w;
    for (let x = 0; x < width; x++, i++) out[i] = nodes[row + column[x]];
  }
  return out;
}

/** Interpolates scores `[h, w, c]` to pixels and gives each to its best label. */
function softMask(
  data: Float32Array,
  h: number,
  w: number,
  labels: readonly number[],
  width: number,
  height: number,
): Mask {
  const ids = new Uint32Array(width * height);
  const rows = linearRows(data, h, w, labels.length, height, width);
  for (let y = 0; y < height; y++) {
    argmax(rows(y), labels.length).forEach((label, x) => {
      ids[y * width + x] = labels[label];
    });
  }
  return { ids, width, height };
}
