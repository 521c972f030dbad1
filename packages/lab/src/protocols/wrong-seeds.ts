/** Seeds with a wrong label, as a careless annotator leaves them. */
import type { Seeds } from '@saltworks/core/seeds/seeds';
import { randomFrom } from '../random.ts';

/** Standard deviation of the distance from which a wrong label comes, in patches. */
const sigma = 4;

/**
 * Gives each seed a wrong label with probability p: that of seed j of another label, drawn by
 *
 *     P(j | i) ∝ exp(−d²(i, j) / 2σ²),
 *
 * d the distance between their nodes in patches, σ = 4. So labels slip over to what lies near, as strokes do. One seed of each
 * label, chosen by chance, stays right, so that no segment vanishes. Of one name, a larger p leaves all the seeds wrong that a
 * smaller one made wrong.
 *
 * @param nodesPerPatch along an axis
 * @param name what chance depends on
 */
export function wrongSeeds(seeds: Seeds, p: number, name: string, nodesPerPatch = 2): Seeds {
  const { nodes, w } = seeds;
  const random = randomFrom(name);
  const own = [...nodes.keys()].filter((node) => nodes[node] >= 0);
  const safe = new Set(
    seeds.labels.map((_, label) => {
      const of = own.filter((node) => nodes[node] === label);
      return of[Math.floor(random() * of.length)];
    }),
  );
  const scale = 1 / (2 * (sigma * nodesPerPatch) ** 2);
  const wrong = nodes.slice();
  for (const i of own) {
    // Drawn in any case, so that a seed's fate does not hang on that of others.
    const [chance, place] = [random(), random()];
    if (chance >= p || safe.has(i)) continue;
    const others = own.filter((j) => nodes[j] !== nodes[i]);
    const squares = others.map((j) => ((j % w) - (i % w)) ** 2 + (Math.floor(j / w) - Math.floor(i / w)) ** 2);
    // The nearest weighs 1, so that not all weights vanish.
    const least = squares.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const weights = squares.map((square) => Math.exp(-scale * (square - least)));
    if (others.length > 0) wrong[i] = nodes[others[drawn(weights, place)]];
  }
  return { ...seeds, nodes: wrong };
}

/** The index that a number from 0 to 1 falls on, where each takes the room of its weight. */
function drawn(weights: readonly number[], place: number): number {
  let left = place * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return weights.length - 1;
}
