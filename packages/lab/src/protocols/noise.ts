/** Seeds in wrong places, as the noise of the paper's equation 4 is read here: the quality by the share of seeds that moved. */

import { movedSeeds } from './moved-seeds.ts';
import type { Protocol } from './protocol.ts';
import { weakened } from './weakened.ts';

/** The probability that a seed moves. */
const shares = [0, 0.1, 0.2, 0.3, 0.4, 0.5];

export const noise: Protocol = {
  name: 'noise',
  run: (one, keysOf, settings) =>
    weakened(
      'noise',
      one,
      keysOf,
      settings,
      shares.map((p) => ({
        ...{ name: `p = ${p}`, x: p, seed: settings.seed },
        weaken: (seeds, nodesPerPatch) => movedSeeds(seeds, p, `${one.name} ${settings.seed}`, nodesPerPatch),
      })),
    ),
};
