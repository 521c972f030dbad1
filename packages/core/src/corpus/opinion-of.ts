/** What a corpus says of an image that it was not taught by, or that it was taught by without this drawing. */

import type { Upsample } from '@saltworks/contract/options';
import { doubleKeys, type Keys } from '../keys/keys.ts';
import { nodesPerPatch } from '../nodes/grid.ts';
import { leastLog, type Opinion } from '../walk/opinion.ts';
import { type Classifier, classify, corpusDefaults } from './classifier.ts';

/**
 * The shares of `classify` on the grid of nodes, for `walk/opinion.ts`.
 *
 * @param keys of the image
 * @param categoryOf by segment id: its category in the classifier; undefined for one that it lacks
 * @throws InvalidInputError if keys have other dimensions
 */
export function opinionOf(
  classifier: Classifier,
  keys: Keys,
  { upsample }: { upsample: Upsample },
  categoryOf: (segment: number) => number | undefined,
  settings = corpusDefaults,
): Opinion {
  const { frequency } = classifier;
  const c = frequency.length;
  const { data, h, w } = classify(classifier, keys, [...frequency.keys()], settings);
  const patches = { data, h, w, d: c };
  const nodes = nodesPerPatch(upsample) === 2 ? doubleKeys(patches) : patches;
  const n = nodes.h * nodes.w;
  const least = Math.exp(leastLog);
  const logs = Array.from({ length: c }, (_, k) =>
    Float32Array.from({ length: n }, (_, i) => Math.log(nodes.data[i * c + k] + least)),
  );
  return {
    logs,
    categoryOf(segment) {
      const category = categoryOf(segment);
      return category === undefined || !(frequency[category] > 0) ? undefined : category;
    },
  };
}
