/**
 * A fully connected CRF over pixels: unary terms from the node labels, a Gaussian and a bilateral pairwise term, Potts
 * compatibility, mean-field inference on the permutohedral lattice.
 * Krähenbühl & Koltun 2011, "Efficient Inference in Fully Connected CRFs with Gaussian Edge Potentials".
 *
 * n pixels, row-major; c labels; energies and marginals are `[n, c]`.
 */
import type { CrfOptions } from '@saltworks/contract/options';
import type { RgbImage } from '../image/image.ts';
import { buildLattice, filterLattice, type Lattice, latticeScratch } from './permutohedral.ts';

/** A pairwise term, ready to be applied at every step. It depends on the image alone. */
export interface PairwiseTerm {
  lattice: Lattice;
  /** Symmetric normalisation, 1/√(filter of all ones), per pixel. */
  norm: Float32Array;
  weight: number;
}

/** The pairwise terms of an image. */
export function pairwiseTerms(image: RgbImage, { gaussian, bilateral }: Omit<CrfOptions, 'steps'>): PairwiseTerm[] {
  const { data, width, height } = image;
  const position = new Float32Array(2 * width * height);
  const appearance = new Float32Array(5 * width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      position[2 * i] = x / gaussian.xy;
      position[2 * i + 1] = y / gaussian.xy;
      appearance[5 * i] = x / bilateral.xy;
      appearance[5 * i + 1] = y / bilateral.xy;
      for (let k = 0; k < 3; k++) appearance[5 * i + 2 + k] = data[3 * i + k] / bilateral.rgb;
    }
  }
  return [pairwiseTerm(position, 2, gaussian.weight), pairwiseTerm(appearance, 5, bilateral.weight)];
}

function pairwiseTerm(features: Float32Array, d: number, weight: number): PairwiseTerm {
  const lattice = buildLattice(features, d);
  const norm = new Float32Array(lattice.n).fill(1);
  filterLattice(lattice, norm, 1, norm, latticeScratch(lattice, 1));
  for (let i = 0; i < norm.length; i++) norm[i] = 1 / Math.sqrt(norm[i] + 1e-20);
  return { lattice, norm, weight };
}

/** Mean-field inference, step by step. */
export interface MeanField {
  /** Marginals Q `[n, c]`, rows summing to 1; always the same array. */
  q: Float32Array;
  step(): void;
}

/**
 * @param unary energies `[n, c]`: −log of each label's probability at each pixel
 * @returns at step 0, Q the softmax of −unary
 */
export function startMeanField(unary: Float32Array, c: number, terms: readonly PairwiseTerm[]): MeanField {
  const q = softmaxOfNegative(unary, c, new Float32Array(unary.length));
  const energy = new Float32Array(unary.length);
  const message = new Float32Array(unary.length);
  const scratch = terms.map(({ lattice }) => latticeScratch(lattice, c));
  return {
    q,
    step() {
      energy.set(unary);
      terms.forEach(({ lattice, norm, weight }, t) => {
        for (let p = 0, i = 0; p < norm.length; p++) for (let k = 0; k < c; k++, i++) message[i] = q[i] * norm[p];
        filterLattice(lattice, message, c, message, scratch[t]);
        // Potts: agreeing with the neighbours lowers the energy. Up to a constant, that is the cost of disagreeing.
        for (let p = 0, i = 0; p < norm.length; p++) {
          const gain = weight * norm[p];
          for (let k = 0; k < c; k++, i++) energy[i] -= gain * message[i];
        }
      });
      softmaxOfNegative(energy, c, q);
    },
  };
}

function softmaxOfNegative(energy: Float32Array, c: number, out: Float32Array): Float32Array {
  for (let o = 0; o < energy.length; o += c) {
    let least = energy[o];
    for (let k = 1; k < c; k++) least = Math.min(least, energy[o + k]);
    let sum = 0;
    for (let k = 0; k < c; k++) {
      const value = Math.exp(least - energy[o + k]);
      out[o + k] = value;
      sum += value;
    }
    for (let k = 0; k < c; k++) out[o + k] /= sum;
  }
  return out;
}

/** Scores are clipped to at least this, so that no energy is infinite. */
export const leastScore = 1e-4;

/** The probability that a hard label is right, as pydensecrf's users usually set it. */
export const labelConfidence = 0.7;

/** Energies from soft scores: −log max(score, least). @param scores `[n, c]`, rows summing to 1 or 0 */
export function unaryFromScores(scores: Float32Array, least = leastScore): Float32Array {
  return scores.map((score) => -Math.log(Math.max(score, least)));
}

/**
 * Energies from hard labels that are right with probability `confidence`, as pydensecrf's `unary_from_labels`. At a hidden
 * pixel (−1) all labels are equally likely.
 */
export function unaryFromLabels(labels: Int32Array, c: number, confidence = labelConfidence): Float32Array {
  const unary = new Float32Array(labels.length * c);
  const right = -Math.log(confidence);
  const wrong = -Math.log((1 - confidence) / (c - 1));
  const hidden = Math.log(c);
  labels.forEach((label, p) => {
    unary.fill(label < 0 ? hidden : wrong, p * c, (p + 1) * c);
    if (label >= 0) unary[p * c + label] = right;
  });
  return unary;
}

/**
 * Hides a share of the nodes, drawn uniformly without replacement: exactly ⌊share·n + ½⌋ of them become −1.
 *
 * @param seed any whole number; the same seed hides the same nodes
 */
export function hideNodes(labels: Int32Array, share: number, seed: number): Int32Array {
  const out = labels.slice();
  const order = Int32Array.from(labels, (_, i) => i);
  const random = mulberry32(seed);
  const hidden = Math.round(share * labels.length);
  for (let i = 0; i < hidden; i++) {
    const j = i + Math.floor(random() * (order.length - i));
    [order[i], order[j]] = [order[j], order[i]];
    out[order[i]] = -1;
  }
  return out;
}

/** Tommy Ettinger's mulberry32: 32 bits of state, uniform in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };
}
