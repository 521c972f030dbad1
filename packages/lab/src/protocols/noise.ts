/** Wrong seeds: the quality by their share. */
import type { Protocol } from './protocol.ts';
import { weakened } from './weakened.ts';
import { wrongSeeds } from './wrong-seeds.ts';

/** The probability that a seed is wrong. */
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
        weaken: (seeds, nodesPerPatch) => wrongSeeds(seeds, p, `${one.name} ${settings.seed}`, nodesPerPatch),
      })),
    ),
};
