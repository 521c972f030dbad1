/** What a corpus says of an image that it was not taught by, or that it was taught by without this drawing. */

import type { Upsample } from '@saltworks/contract/options';
import { doubleKeys, type Keys } from '../keys/keys.ts';
import { nodesPerPatch } from '../nodes/grid.ts';
import { leastLog, type Opinion } from '../walk/opinion.ts';
import { classify, corpusDefaults, type Scorer } from './classifier.ts';

/**
 * The shares of `classify` on the grid of nodes, for `walk/opinion.ts`.
 *
 * @param keys of the image
 * @param categoryOf by segment id: its category in the scorer; undefined for one that it lacks
 * @param settings trust: the most that it may have, 0 … 1
 * @throws InvalidInputError if keys have other dimensions
 */
export function opinionOf(
  scorer: Scorer,
  keys: Keys,
  { upsample }: { upsample: Upsample },
  categoryOf: (segment: number) => number | undefined,
  { trust = 1, ...settings }: Partial<typeof corpusDefaults> & { trust?: number } = {},
): Opinion {
  const { frequency } = scorer;
  const c = frequency.length;
  const { data, h, w } = classify(scorer, keys, [...frequency.keys()], { ...corpusDefaults, ...settings });
  const patches = { data, h, w, d: c };
  const nodes = nodesPerPatch(upsample) === 2 ? doubleKeys(patches) : patches;
  const n = nodes.h * nodes.w;
  const least = Math.exp(leastLog);
  const logs = Array.from({ length: c }, (_, k) =>
    Float32Array.from({ length: n }, (_, i) => Math.log(nodes.data[i * c + k] + least)),
  );
  return {
    logs,
    trust,
    categoryOf(segment) {
      const category = categoryOf(segment);
      return category === undefined || !(frequency[category] > 0) ? undefined : category;
    },
  };
}
