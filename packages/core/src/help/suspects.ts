/**
 * Strokes that look wrong: the rest of the drawing says that their places are of another label. A stroke that alone has its
 * label is never among them, since nothing else says what its label looks like.
 */
import type { Seeds } from '../seeds/seeds.ts';
import type { Solver } from '../solver.ts';
import { leastBelief } from '../walk/walk.ts';

/** A stroke as the rest of the drawing sees it. */
export interface CheckedStroke {
  /** Its number in the drawing, from 1. */
  stroke: number;
  /** Segment ids: its own, and the likeliest other one at its seeds. */
  segment: number;
  other: number;
  /** ln of the other's share over its own, mean over the stroke's seeds. */
  odds: number;
}

type Scorer = Pick<Solver, 'solve' | 'leaveOut'>;

/** Odds from which a stroke is suspect. What it finds of strokes planted with a wrong label: docs/quality.md, "Help". */
const suspicion = 4;

/**
 * The most suspect stroke first. Each one is left out before the next is sought, so that a wrong stroke does not make those
 * suspect that contradict it. Each takes about one solve, so whoever has other work may take them one by one.
 */
export function* findSuspects(solver: Scorer, seeds: Seeds, limit = suspicion): Generator<CheckedStroke> {
  for (let rest = seeds; ; ) {
    const [worst] = checkStrokes(solver, rest).sort((a, b) => b.odds - a.odds);
    if (!worst || worst.odds < limit) return;
    yield worst;
    rest = withoutStroke(rest, worst.stroke);
  }
}

/** All that findSuspects finds. */
export const suspectStrokes = (solver: Scorer, seeds: Seeds, limit?: number): CheckedStroke[] => [
  ...findSuspects(solver, seeds, limit),
];

/** Every stroke whose label has others, in the order of drawing. */
export function checkStrokes(solver: Scorer, seeds: Seeds): CheckedStroke[] {
  const { labels } = seeds;
  if (labels.length < 2) return [];
  const strokes = seedsOfStrokes(seeds);
  const counts = labels.map((_, label) => [...strokes.values()].filter((own) => own.label === label).length);
  const rows = solver.leaveOut?.(seeds);
  return [...strokes].flatMap(([stroke, { label, nodes }]) => {
    if (counts[label] < 2) return [];
    const logs = meanLogs(rows ?? solver.solve(withoutStroke(seeds, stroke)).data, nodes, labels.length);
    const others = [...labels.keys()].filter((k) => k !== label);
    const other = others.reduce((best, k) => (logs[k] > logs[best] ? k : best));
    return { stroke, segment: labels[label], other: labels[other], odds: logs[other] - logs[label] };
  });
}

/** The label and the nodes of every stroke that has a seed, by its number, ascending. */
function seedsOfStrokes({ nodes, strokes }: Seeds): Map<number, { label: number; nodes: number[] }> {
  const found = new Map<number, { label: number; nodes: number[] }>();
  nodes.forEach((label, node) => {
    if (label < 0) return;
    const own = found.get(strokes[node]) ?? { label, nodes: [] };
    own.nodes.push(node);
    found.set(strokes[node], own);
  });
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** ln of every label's share, mean over those of the nodes that have shares. @param shares `[n, c]` */
function meanLogs(shares: Float32Array, nodes: readonly number[], c: number): number[] {
  const rows = nodes.map((node) => shares.subarray(node * c, (node + 1) * c)).filter((row) => row.some((x) => x > 0));
  return Array.from({ length: c }, (_, k) => {
    const sum = rows.reduce((total, row) => total + Math.log(Math.max(row[k], leastBelief)), 0);
    return sum / Math.max(1, rows.length);
  });
}

/** The same labels, fewer seeds. */
function withoutStroke(seeds: Seeds, stroke: number): Seeds {
  const isGone = (node: number) => seeds.strokes[node] === stroke;
  return {
    ...seeds,
    nodes: seeds.nodes.map((label, node) => (isGone(node) ? -1 : label)),
    strokes: seeds.strokes.map((own, node) => (isGone(node) ? 0 : own)),
  };
}
