/** The strokes that gave a node its label. */
import { type Seeds, seedsInOrder } from '../seeds/seeds.ts';
import type { Solver } from '../solver.ts';

export interface NodeAttribution {
  /** Segment id of the node's best label. */
  segment: number;
  /** Strokes of that label, numbered from 1, the largest share first; shares sum to the label's score. */
  strokes: { stroke: number; share: number }[];
}

/**
 * Divides a node's score among strokes by a second solve, in which every stroke is a label of its own.
 *
 * Spreading is linear in its seeds: a label's score is the sum of its strokes' scores, and the shares are exact. The walk is
 * linear for a given prior only. Its strokes compete for the prior as labels do, and their scores are scaled to the label's.
 *
 * @param node row-major, below h·w
 */
export function attributeNode({ solve }: Pick<Solver, 'solve'>, seeds: Seeds, node: number): NodeAttribution {
  const c = seeds.labels.length;
  const scores = solve(seeds).data.subarray(node * c, (node + 1) * c);
  const label = scores.indexOf(Math.max(...scores));
  const numbers = [...new Set(seedsInOrder(seeds).nodes.map((seed) => seeds.strokes[seed]))];
  // Strokes that label their own pixels alone are no seeds.
  if (numbers.length === 0) return { segment: seeds.labels[label], strokes: [] };
  const index = new Map(numbers.map((stroke, i) => [stroke, i]));
  const nodes = seeds.nodes.map((own, seed) => (own < 0 ? -1 : index.get(seeds.strokes[seed])!));
  const alone = solve({ ...seeds, labels: numbers, nodes }).data.subarray(
    node * numbers.length,
    (node + 1) * numbers.length,
  );
  const own = new Set(seeds.strokes.filter((_, seed) => seeds.nodes[seed] === label));
  const given = numbers.map((stroke, i) => ({ stroke, score: alone[i] })).filter(({ stroke }) => own.has(stroke));
  const total = given.reduce((sum, { score }) => sum + score, 0);
  const strokes = given
    .filter(({ score }) => score > 0)
    .map(({ stroke, score }) => ({ stroke, share: (scores[label] * score) / total }))
    .sort((a, b) => b.share - a.share || a.stroke - b.stroke);
  return { segment: seeds.labels[label], strokes };
}
