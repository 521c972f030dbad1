/** The scores that a solve gives every node for every label, and how to read them. */

export interface NodeScores {
  /** `[h, w, c]` row-major, rows summing to 1 or 0. */
  data: Float32Array;
  h: number;
  w: number;
  /** Segment ids of labels 0 … c − 1. */
  labels: readonly number[];
}

/** The end of an iteration. */
export interface Convergence {
  iterations: number;
  converged: boolean;
}

/** Every node is certain of the only label: just the background is drawn, so there is nothing to solve. */
export const nodesEverywhere = ({ h, w, labels }: Omit<NodeScores, 'data'>): NodeScores & Convergence => ({
  ...{ data: new Float32Array(h * w).fill(1), h, w, labels },
  ...{ iterations: 0, converged: true },
});

/**
 * Scores by label to shares by node: rows `[n, c]` that sum to 1, or to 0 for a node without scores. Scores below zero count
 * as zero.
 *
 * @param planes `[c, stride]`; the first n values of each count
 */
export function shares(planes: Float32Array, n: number, c: number, stride = n): Float32Array {
  const out = new Float32Array(n * c);
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < c; k++) {
      const score = Math.max(0, planes[k * stride + i]);
      out[i * c + k] = score;
      sum += score;
    }
    if (sum > 0) for (let o = i * c; o < (i + 1) * c; o++) out[o] /= sum;
  }
  return out;
}

/** Each node's best label: the first of the largest scores in its row. @param scores `[n, c]` */
export function argmax(scores: Float32Array, c: number): Int32Array {
  const labels = new Int32Array(scores.length / c);
  for (let i = 0, o = 0; i < labels.length; i++, o += c) {
    let best = 0;
    for (let k = 1; k < c; k++) if (scores[o + k] > scores[o + best]) best = k;
    labels[i] = best;
  }
  return labels;
}

/** Each node's margin: its best score less its second. @param scores `[n, c]` */
export function margins(scores: Float32Array, c: number): Float32Array {
  const out = new Float32Array(scores.length / c);
  for (let i = 0, o = 0; i < out.length; i++) {
    let [best, second] = [0, 0];
    for (let k = 0; k < c; k++) {
      const score = scores[o++];
      if (score > best) [best, second] = [score, best];
      else if (score > second) second = score;
    }
    out[i] = best - second;
  }
  return out;
}

/**
 * The IoU to be expected of each label's nodes, if scores are chances: the sum of its shares where it is best, over the number of
 * those nodes and its shares elsewhere. 0 of a label that is best nowhere.
 *
 * @returns by label, 0 … 1
 */
export function expectedIous({ data, labels }: Pick<NodeScores, 'data' | 'labels'>): number[] {
  const c = labels.length;
  const best = argmax(data, c);
  const [inside, area, outside] = [new Float64Array(c), new Float64Array(c), new Float64Array(c)];
  for (let i = 0, o = 0; i < best.length; i++) {
    area[best[i]]++;
    for (let k = 0; k < c; k++) (best[i] === k ? inside : outside)[k] += data[o++];
  }
  return labels.map((_, k) => (area[k] > 0 ? inside[k] / (area[k] + outside[k]) : 0));
}
