/** Masks of images that nobody drew on: a category for every patch, refined to pixels, with a segment for each instance. */
import type { Segment } from '@saltworks/contract/documents/scribbles';
import type { TaughtCategory } from '@saltworks/contract/documents/statistics';
import type { Keys } from '../keys/keys.ts';
import type { Mask } from '../mask/mask.ts';
import { partsOf } from '../mask/parts.ts';
import type { NodeScores } from '../nodes/scores.ts';
import { type Classifier, classify, corpusDefaults } from './classifier.ts';
import { novelty } from './fast/novelty.ts';

export interface PredictOptions {
  ridge: number;
  balance: number;
  sharpness: number;
  /** A patch whose novelty is above this many times d, what is taught has on average, is nobody's. */
  novelty: number;
}

/** Those of the classifier; the limit was chosen on street scenes (docs/quality.md, "Corpus"). */
export const learnerDefaults: PredictOptions = { ...corpusDefaults, novelty: 3 };

/**
 * Scores of every patch. The background, and what looks like no category, have the label 0; category k has k + 1.
 *
 * @param categories `[c]`, as taught
 */
export function predictScores(
  classifier: Classifier,
  keys: Keys,
  categories: readonly TaughtCategory[],
  options: PredictOptions,
): NodeScores {
  const { data, h, w, labels } = classify(
    classifier,
    keys,
    categories.map((category, k) => (category ? k + 1 : 0)),
    options,
  );
  const c = labels.length;
  const known = labels.indexOf(0);
  const nobody = known < 0 ? c : known;
  const all = known < 0 ? c + 1 : c;
  const out = new Float32Array(h * w * all);
  const limit = options.novelty * classifier.d;
  novelty(classifier, keys).forEach((value, i) => {
    if (value > limit) out[i * all + nobody] = 1;
    else out.set(data.subarray(i * c, (i + 1) * c), i * all);
  });
  return { data: out, h, w, labels: known < 0 ? [...labels, 0] : labels };
}

/**
 * Segments of a mask of labels: a stuff is one, and every connected part of a thing is one. Numbered from 1 in the order of
 * their first pixels.
 *
 * @param mask of labels, as `predictScores` gives them
 */
export function segmentsOf(
  { width, height, ...mask }: Mask,
  categories: readonly TaughtCategory[],
): { mask: Mask; segments: Segment[] } {
  const { of, ids: labels } = partsOf({ width, height, ...mask });
  const segments: Segment[] = [];
  const stuffs = new Map<number, number>();
  const numbers = Array.from(labels, (label) => {
    const category = label === 0 ? null : categories[label - 1];
    if (!category) return 0;
    const known = category.isthing ? undefined : stuffs.get(label);
    if (known !== undefined) return known;
    const id = segments.length + 1;
    segments.push({ id, category: category.name, isthing: category.isthing === 1 });
    stuffs.set(label, id);
    return id;
  });
  return { mask: { ids: Uint32Array.from(of, (part) => numbers[part]), width, height }, segments };
}
