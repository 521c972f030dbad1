/**
 * What others say of an image's nodes, such as a corpus that was taught by other images: it joins the prior of the walk as far
 * as it agrees with the strokes of this image. n nodes, c labels that were drawn.
 */
import type { Seeds } from '../seeds/seeds.ts';

export interface Opinion {
  /** By category: ln of its share at every node, `[n]`, none below `leastLog`. */
  logs: readonly Float32Array[];
  /** By segment id: the category it is of; undefined: one of which the opinion knows nothing. */
  categoryOf: (segment: number) => number | undefined;
  /** The most trust it may have, 0 … 1: how well it did so far. */
  trust: number;
}

/** Shares are counted from here: an opinion is never sure that a category is absent. */
export const leastLog = Math.log(0.02);

/** At full trust. Tuned on street scenes (docs/quality.md, "Corpus"). */
const full = { weight: 3, sharpness: 6, prior: 0.1 };

interface Settings {
  sharpness: number;
  prior: number;
}

/** What a walk hears. */
export interface Heard extends Settings {
  /** Added to the ridge's scores before they become shares, planes `[c, n]`. */
  scores: Float32Array;
  /** 0: it names the seeds' labels no better than chance, and changes nothing. 1: always right. */
  trust: number;
}

/**
 * Trust t is the most that the opinion may have times the root of its agreement with the seeds. With it the prior becomes
 * softmax(s·U + t·weight·ln q), U the ridge's scores and q the opinion's shares; s and the weight of the prior go from their own
 * values to those at full trust.
 */
export function hear(opinion: Opinion, seeds: Seeds, { sharpness, prior }: Settings): Heard {
  const scores = ofLabels(opinion, seeds);
  const trust = opinion.trust * Math.sqrt(agreementOf(scores, seeds));
  const towards = (from: number, to: number) => from + trust * (to - from);
  const settled = { sharpness: towards(sharpness, full.sharpness), prior: towards(prior, full.prior) };
  const factor = (trust * full.weight) / settled.sharpness;
  for (let o = 0; o < scores.length; o++) scores[o] *= factor;
  return { ...settled, scores, trust };
}

/** How much better than chance an opinion names the labels of seeds that it was not taught by, 0 … 1, each label counting alike. */
export const agreement = (opinion: Omit<Opinion, 'trust'>, seeds: Seeds): number =>
  agreementOf(ofLabels(opinion, seeds), seeds);

/** ln of the share of every label at every node, planes `[c, n]`. */
function ofLabels({ logs, categoryOf }: Omit<Opinion, 'trust'>, { labels, nodes }: Seeds): Float32Array {
  const c = labels.length;
  const n = nodes.length;
  const own = labels.map((label) => {
    const category = categoryOf(label);
    return category === undefined ? undefined : logs[category];
  });
  const scores = new Float32Array(c * n);
  const known = own.filter((plane) => plane !== undefined);
  for (let i = 0; i < n; i++) {
    // Of a label without a category nothing is said: it gets the mean of the others.
    let middle = 0;
    for (const plane of known) middle += plane[i] / known.length;
    for (let k = 0; k < c; k++) scores[k * n + i] = own[k]?.[i] ?? middle;
  }
  return scores;
}

/** The share that goes to the right label, from 0 at chance to 1. @param logs planes `[c, n]` */
function agreementOf(logs: Float32Array, { labels, nodes }: Seeds): number {
  const c = labels.length;
  const n = nodes.length;
  const right = new Float64Array(c);
  const count = new Float64Array(c);
  nodes.forEach((label, i) => {
    if (label < 0) return;
    let sum = 0;
    for (let k = 0; k < c; k++) sum += Math.exp(logs[k * n + i]);
    right[label] += Math.exp(logs[label * n + i]) / sum;
    count[label]++;
  });
  const seeded = [...count.keys()].filter((k) => count[k] > 0);
  const found = seeded.reduce((sum, k) => sum + right[k] / count[k], 0) / seeded.length;
  return Math.max(0, (found - 1 / c) / (1 - 1 / c));
}
