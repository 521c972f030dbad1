/** Seeds removed: the quality by the share that is gone. */
import { fewerSeeds } from './fewer-seeds.ts';
import type { Protocol } from './protocol.ts';
import { weakened } from './weakened.ts';

/** The share of each label's seeds that is removed; at least one is left. */
const shares = [0, 0.5, 0.8, 0.9, 0.95, 0.99];

export const sparse: Protocol = {
  name: 'sparse',
  run: (one, keysOf, settings) =>
    weakened(
      'sparse',
      one,
      keysOf,
      settings,
      shares.map((p) => ({
        ...{ name: `p = ${p}`, x: p, seed: settings.seed },
        weaken: (seeds) => fewerSeeds(seeds, 1 - p, `${one.name} ${settings.seed}`),
      })),
    ),
};
