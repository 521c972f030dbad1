/** From nodes to pixels: scores or labels of the node grid, refined along the image's edges, become one owner per pixel. */
import { colourFactors, weighByColour } from './colour-likelihood.ts';
import {
  type CrfOptions,
  hideNodes,
  type PairwiseTerm,
  pairwiseTerms,
  startMeanField,
  unaryFromLabels,
  unaryFromScores,
} from './crf.ts';
import { type RgbImage, resizeBicubic } from './image.ts';
import { linearRows } from './interpolate.ts';
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
  /** For `soft`: interpolated scores are weighed by the colour likelihood to this power; 0 leaves it out. */
  colourLikelihood: number;
  crf: CrfOptions;
}

/** Bytes that the CRF may take; a larger picture is refined at the largest size that fits, then scaled up softly. */
const crfBudget = 400e6;

/** What the CRF needs of an image, to be kept as long as it is worked on with as many labels and the same settings. */
export interface PixelTerms {
  /** At the size that is refined. */
  image: RgbImage;
  terms: PairwiseTerm[];
}

export function pixelTerms(image: RgbImage, c: number, { gaussian, bilateral }: CrfOptions): PixelTerms {
  const { width, height } = image;
  const scale = crfScale(width * height, c);
  const size = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const scaled = resizeBicubic(image, size[0], size[1]);
  const terms = pairwiseTerms(scaled, {
    gaussian: { ...gaussian, xy: gaussian.xy * scale },
    bilateral: { ...bilateral, xy: bilateral.xy * scale },
  });
  return { image: scaled, terms };
}

/** @param kept of the same image, number of labels and `crf` settings; made anew where it is left out */
export function refine(image: RgbImage, scores: NodeScores, options: RefineOptions, kept?: PixelTerms): Mask {
  const { width, height } = image;
  const { labels } = scores;
  const c = labels.length;
  if (options.refine === 'none') {
    if (options.unary === 'soft') return bestLabels(softRows(image, scores, options), labels, width, height);
    const nodes = nearest(argmax(scores.data, c), scores.h, scores.w, width, height);
    return { ids: Uint32Array.from(nodes, (label) => labels[label]), width, height };
  }
  const { image: scaled, terms } = kept ?? pixelTerms(image, c, options.crf);
  const field = startMeanField(unary(scaled, scores, options), c, terms);
  for (let i = 0; i < options.crf.steps; i++) field.step();
  return bestLabels(linearRows(field.q, scaled.height, scaled.width, c, height, width), labels, width, height);
}

/** At which share of its size an image of that many pixels is refined: 1 unless it would not fit the budget. */
export function crfScale(pixels: number, c: number): number {
  // Per pixel: 3 + 6 lattice points with weights, eight bytes each, the features, and six arrays of c floats.
  const bytes = pixels * (9 * 8 + 7 * 4 + 6 * 4 * c);
  return Math.min(1, Math.sqrt(crfBudget / bytes));
}

function unary(image: RgbImage, scores: NodeScores, options: RefineOptions): Float32Array {
  const { width, height } = image;
  const { data, h, w, labels } = scores;
  const c = labels.length;
  if (options.unary === 'hard') {
    const nodes = hideNodes(argmax(data, c), options.hidden, options.seed);
    return unaryFromLabels(nearest(nodes, h, w, width, height), c);
  }
  const rows = softRows(image, scores, options);
  const soft = new Float32Array(width * height * c);
  for (let y = 0; y < height; y++) soft.set(rows(y), y * width * c);
  return unaryFromScores(soft);
}

/** The scores of pixels, row by row: interpolated between nodes, and weighed by colour where asked for. */
function softRows(
  image: RgbImage,
  { data, h, w, labels }: NodeScores,
  { colourLikelihood }: RefineOptions,
): (y: number) => Float32Array {
  const c = labels.length;
  const rows = linearRows(data, h, w, c, image.height, image.width);
  if (!(colourLikelihood > 0)) return rows;
  const factors = colourFactors(image, rows, c, { exponent: colourLikelihood });
  return (y) => weighByColour(rows(y), image, y, factors, c);
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

/** Gives each pixel to its best label. @param rows row y of the pixels' scores, `[width, c]` */
function bestLabels(rows: (y: number) => Float32Array, labels: readonly number[], width: number, height: number): Mask {
  const ids = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    argmax(rows(y), labels.length).forEach((label, x) => {
      ids[y * width + x] = labels[label];
    });
  }
  return { ids, width, height };
}
