/** One seed for each label, drawn by chance, five times: section 5.4 of the paper. */
import { fewerSeeds } from './fewer-seeds.ts';
import type { Protocol } from './protocol.ts';
import { weakened } from './weakened.ts';

const runs = 5;

/** One row a preset and run; runs are told apart by their seeds. */
export const onePatch: Protocol = {
  name: 'one-patch',
  run: (one, keysOf, settings) =>
    weakened(
      'one-patch',
      one,
      keysOf,
      settings,
      Array.from({ length: runs }, (_, run) => {
        const seed = settings.seed + run;
        return { name: '', seed, weaken: (seeds) => fewerSeeds(seeds, 0, `${one.name} ${seed}`) };
      }),
    ),
};
