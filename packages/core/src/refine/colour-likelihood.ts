/**
 * Labels by colour: a soft RGB histogram for each label, filled with the scores of all pixels, gives each label's likelihood
 * for a colour, which weighs the scores of the pixels of that colour.
 */
import type { RgbImage } from '../image/image.ts';

export interface ColourLikelihoodOptions {
  /** Scores are multiplied by posterior^exponent; 0 changes nothing. */
  exponent: number;
  /** Added to every label's histogram, each summing to the number of pixels, so that a colour that no label has decides nothing. */
  smoothing?: number;
}

/** A hundredth of a pixel. */
export const usualSmoothing = 0.01;

/** Bins a channel. */
const bins = 16;
const shift = 4;

/**
 * The posterior of every label given a colour, with equal priors, to the power of `exponent`:
 * (H_label + smoothing) / Σ(H + smoothing) in each bin, H a label's histogram, blurred by one bin (¼, ½, ¼ along each channel)
 * and scaled to sum to the number of pixels, so that large labels have no advantage.
 *
 * @param rows gives the scores of pixel row y, `[width, c]`, each pixel's summing to 1
 * @returns `[16·16·16, c]`, by red, green, blue
 */
export function colourFactors(
  { data, width, height }: RgbImage,
  rows: (y: number) => Float32Array,
  c: number,
  { exponent, smoothing = usualSmoothing }: ColourLikelihoodOptions,
): Float32Array {
  let histograms: Float32Array = new Float32Array(bins ** 3 * c);
  const totals = new Float64Array(c);
  for (let y = 0, p = 0; y < height; y++) {
    const scores = rows(y);
    for (let o = 0; o < width * c; p += 3) {
      const bin = binOf(data, p) * c;
      for (let k = 0; k < c; k++, o++) {
        histograms[bin + k] += scores[o];
        totals[k] += scores[o];
      }
    }
  }
  for (const stride of [c, bins * c, bins * bins * c]) histograms = blur(histograms, stride);
  const scale = totals.map((total) => (total > 0 ? (width * height) / total : 0));
  for (let o = 0; o < histograms.length; o += c) {
    let sum = 0;
    for (let k = 0; k < c; k++) {
      histograms[o + k] = scale[k] * histograms[o + k] + smoothing;
      sum += histograms[o + k];
    }
    for (let k = 0; k < c; k++) histograms[o + k] = (histograms[o + k] / sum) ** exponent;
  }
  return histograms;
}

/** Multiplies a row of scores `[width, c]` by the factors of its pixels' colours, in place; each pixel's scores then sum to 1. */
export function weighByColour(
  scores: Float32Array,
  { data, width }: RgbImage,
  y: number,
  factors: Float32Array,
  c: number,
): Float32Array {
  for (let o = 0, p = 3 * y * width; o < width * c; o += c, p += 3) {
    const bin = binOf(data, p) * c;
    let sum = 0;
    for (let k = 0; k < c; k++) {
      scores[o + k] *= factors[bin + k];
      sum += scores[o + k];
    }
    if (sum > 0) for (let k = 0; k < c; k++) scores[o + k] /= sum;
  }
  return scores;
}

const binOf = (data: Uint8Array, p: number): number =>
  ((data[p] >> shift) * bins + (data[p + 1] >> shift)) * bins + (data[p + 2] >> shift);

/** Blurs by ¼, ½, ¼ along the channel with bins `stride` apart; counts that leave the cube are lost. */
function blur(counts: Float32Array, stride: number): Float32Array {
  const out = new Float32Array(counts.length);
  for (let o = 0; o < counts.length; o++) {
    const bin = Math.floor(o / stride) % bins;
    out[o] = 0.5 * counts[o];
    if (bin > 0) out[o] += 0.25 * counts[o - stride];
    if (bin < bins - 1) out[o] += 0.25 * counts[o + stride];
  }
  return out;
}
