/** From nodes to pixels: node scores or labels, refined along the image's edges, give every pixel one owner. */

import { unknownKind } from '@saltworks/contract/errors';
import { refineKinds, unaryKinds } from '@saltworks/contract/kinds';
import type { RefineOptions } from '@saltworks/contract/options';
import { type RgbImage, resizeBicubic } from '../image/image.ts';
import { linearRows } from '../image/interpolate.ts';
import type { Mask } from '../mask/mask.ts';
import { argmax, type NodeScores } from '../nodes/scores.ts';
import { colourFactors, weighByColour } from './colour-likelihood.ts';
import {
  hideNodes,
  type PairwiseTerm,
  pairwiseTerms,
  startMeanField,
  unaryFromLabels,
  unaryFromScores,
} from './crf.ts';
import { colourWindows, guidedRows } from './guided-filter.ts';
import { type HeldLabels, type HeldPixels, heldLabels, holdRows, refineAround } from './held.ts';

/** Bytes that the CRF may take; a larger image is refined at the largest size that fits, and its marginals are interpolated. */
const crfBudget = 400e6;

/** An image at the size that is refined, and its pairwise terms. */
interface PixelTerms {
  image: RgbImage;
  terms: PairwiseTerm[];
}

function pixelTerms(image: RgbImage, c: number, { crf, guided }: RefineOptions): PixelTerms {
  const { gaussian, bilateral, scale: wanted = 1 } = crf;
  const { width, height } = image;
  const scale = Math.min(wanted, crfScale(width * height, c, { guided }));
  const size = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const scaled = resizeBicubic(image, size[0], size[1]);
  const terms = pairwiseTerms(scaled, {
    gaussian: { ...gaussian, xy: gaussian.xy * scale },
    bilateral: { ...bilateral, xy: bilateral.xy * scale },
  });
  return { image: scaled, terms };
}

/** @param held pixels with a given owner */
export function refine(
  image: RgbImage,
  nodes: NodeScores,
  options: RefineOptions,
  { held }: { held?: HeldPixels } = {},
): Mask {
  return refineAround(nodes, held, image, options, (scores) => owners(image, scores, options, held));
}

function owners(image: RgbImage, scores: NodeScores, options: RefineOptions, held: HeldPixels | undefined): Mask {
  const { width, height } = image;
  const { labels } = scores;
  const c = labels.length;
  switch (options.refine) {
    case 'none':
      return fromNodes(image, scores, options, held);
    case 'crf': {
      const { image: scaled, terms } = pixelTerms(image, c, options);
      const field = startMeanField(unary(scaled, scores, options, held), c, terms);
      for (let i = 0; i < options.crf.steps; i++) field.step();
      return bestLabels(marginalRows(image, scaled, field.q, c, options), labels, width, height);
    }
    default:
      return unknownKind('refine', options.refine, refineKinds);
  }
}

/** Marginals at the image's own size, row by row. @param q at the scaled size */
function marginalRows(
  image: RgbImage,
  scaled: RgbImage,
  q: Float32Array,
  c: number,
  { guided }: RefineOptions,
): (y: number) => Float32Array {
  if (!guided) return linearRows(q, scaled.height, scaled.width, c, image.height, image.width);
  return guidedRows(colourWindows(scaled, guided, scaled.width / image.width), q, c, image);
}

/** Owners without a CRF. */
function fromNodes(image: RgbImage, scores: NodeScores, options: RefineOptions, held: HeldPixels | undefined): Mask {
  const { width, height } = image;
  const { data, h, w, labels } = scores;
  switch (options.unary) {
    case 'hard': {
      const nodes = nearest(argmax(data, labels.length), h, w, width, height);
      return { ids: Uint32Array.from(nodes, (label) => labels[label]), width, height };
    }
    case 'soft':
      return bestLabels(softRows(image, scores, options, held), labels, width, height);
    default:
      return unknownKind('unary', options.unary, unaryKinds);
  }
}

/** The share of its sides at which an image of that many pixels is refined: 1 if it fits the budget. */
export function crfScale(pixels: number, c: number, { guided }: Pick<RefineOptions, 'guided'> = {}): number {
  // Per pixel: 3 + 6 lattice points with weights, eight bytes each, the features, and six arrays of c floats.
  const crf = 9 * 8 + 7 * 4 + 6 * 4 * c;
  // And 20 planes of the guided filter and its functions of c values; and eight bytes for the part of each pixel of the image,
  // at least 16 of which share one here.
  const bytes = pixels * (crf + (guided ? 20 * 4 + 4 * 4 * c + 16 * 8 : 0));
  return Math.min(1, Math.sqrt(crfBudget / bytes));
}

function unary(
  image: RgbImage,
  scores: NodeScores,
  options: RefineOptions,
  held: HeldPixels | undefined,
): Float32Array {
  const { width, height } = image;
  const { data, h, w, labels } = scores;
  const c = labels.length;
  switch (options.unary) {
    case 'hard': {
      const nodes = hideNodes(argmax(data, c), options.hidden, options.seed);
      return unaryFromLabels(nearest(nodes, h, w, width, height), c);
    }
    case 'soft': {
      const rows = softRows(image, scores, options, held);
      const soft = new Float32Array(width * height * c);
      for (let y = 0; y < height; y++) soft.set(rows(y), y * width * c);
      return unaryFromScores(soft);
    }
    default:
      return unknownKind('unary', options.unary, unaryKinds);
  }
}

/** Pixel scores, row by row: interpolated between nodes, certain at held pixels, and weighed by colour if wanted. */
function softRows(
  image: RgbImage,
  { data, h, w, labels }: NodeScores,
  { colourLikelihood }: RefineOptions,
  held: HeldPixels | undefined,
): (y: number) => Float32Array {
  const { width, height } = image;
  const c = labels.length;
  const interpolated = linearRows(data, h, w, c, height, width);
  const rows = held ? heldRows(interpolated, heldLabels(held, labels, height, width), c, width) : interpolated;
  if (!(colourLikelihood > 0)) return rows;
  const factors = colourFactors(image, rows, c, { exponent: colourLikelihood });
  return (y) => weighByColour(rows(y), image, y, factors, c);
}

function heldRows(rows: (y: number) => Float32Array, held: HeldLabels, c: number, width: number) {
  return (y: number) => {
    const scores = rows(y);
    holdRows(scores, held, c, width, y);
    return scores;
  };
}

/** Every pixel takes the value of the node whose cell holds it. */
function nearest(nodes: Int32Array, h: number, w: number, width: number, height: number): Int32Array {
  const out = new Int32Array(width * height);
  const column = Int32Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * w) / width));
  for (let y = 0, i = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * h) / height) * w;
    for (let x = 0; x < width; x++, i++) out[i] = nodes[row + column[x]];
  }
  return out;
}

/** Gives each pixel to its best label. @param rows gives the scores of pixel row y, `[width, c]` */
function bestLabels(rows: (y: number) => Float32Array, labels: readonly number[], width: number, height: number): Mask {
  const ids = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    argmax(rows(y), labels.length).forEach((label, x) => {
      ids[y * width + x] = labels[label];
    });
  }
  return { ids, width, height };
}
