/** Seeds in the wrong place, as a careless annotator leaves them. */
import type { Seeds } from '@saltworks/core/seeds/seeds';
import { normal, randomFrom } from '../random.ts';

/** Standard deviation of the move along each axis, in patches. */
const sigma = 4;

/**
 * Moves each seed with probability p: x' = x + ε, ε ~ N(0, σ²) along each axis, σ = 4 patches, to the nearest node of the grid. It
 * keeps its label, so it is wrong where it lands in another segment. A moved seed gives way to one that lies there. One seed of each
 * label, chosen by chance, stays, so that no label vanishes. Of one name, a larger p also moves all the seeds that a smaller one
 * moves, to the same places.
 *
 * @param name what chance depends on
 * @param nodesPerPatch along an axis
 */
export function movedSeeds(seeds: Seeds, p: number, name: string, nodesPerPatch = 2): Seeds {
  const { h, w } = seeds;
  const random = randomFrom(name);
  const own = [...seeds.nodes.keys()].filter((node) => seeds.nodes[node] >= 0);
  const safe = new Set(
    seeds.labels.map((_, label) => {
      const those = own.filter((node) => seeds.nodes[node] === label);
      return those[Math.floor(random() * those.length)];
    }),
  );
  const nodes = seeds.nodes.slice();
  const strokes = seeds.strokes.slice();
  const move = () => Math.round(sigma * nodesPerPatch * normal(random));
  const moved: { from: number; to: number }[] = [];
  for (const from of own) {
    // Drawn in any case, so that a seed's fate does not hang on that of others.
    const [chance, dx, dy] = [random(), move(), move()];
    if (chance >= p || safe.has(from)) continue;
    const x = Math.min(Math.max((from % w) + dx, 0), w - 1);
    const y = Math.min(Math.max(Math.floor(from / w) + dy, 0), h - 1);
    moved.push({ from, to: y * w + x });
    nodes[from] = -1;
    strokes[from] = 0;
  }
  for (const { from, to } of moved) {
    if (nodes[to] >= 0) continue;
    nodes[to] = seeds.nodes[from];
    strokes[to] = seeds.strokes[from];
  }
  return { ...seeds, nodes, strokes };
}
