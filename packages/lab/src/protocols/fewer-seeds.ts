/** Seeds taken away. */
import type { Seeds } from '@saltworks/core/seeds/seeds';
import { randomFrom } from '../random.ts';

/**
 * Keeps a random share of each label's seeds, at least one. Of one name, a smaller share keeps a part of what a larger one keeps.
 *
 * @param share 0 … 1; 0 keeps one seed a label
 * @param name what chance depends on
 */
export function fewerSeeds(seeds: Seeds, share: number, name: string): Seeds {
  const nodes = seeds.nodes.slice();
  seeds.labels.forEach((_, label) => {
    const random = randomFrom(`${name} ${label}`);
    const own = [...nodes.keys()].filter((node) => nodes[node] === label);
    const keep = Math.max(1, Math.round(share * own.length));
    for (let left = own.length; left > keep; left--) nodes[own.splice(Math.floor(random() * left), 1)[0]] = -1;
  });
  return { ...seeds, nodes };
}
