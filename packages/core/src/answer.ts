/**
 * From strokes to an answer: seeds, node scores, and a mask once it is wanted. Every caller goes this way: the command at
 * once, a session and the page step by step, a consensus with several annotators' strokes.
 */
import type { SegmentOptions } from '@saltworks/contract/options';
import type { Mask } from './mask/mask.ts';
import type { Grid } from './nodes/grid.ts';
import type { Convergence, NodeScores } from './nodes/scores.ts';
import { exactTogether, giveExact } from './refine/exact.ts';
import { type HeldPixels, heldPixels, heldTogether } from './refine/held.ts';
import { type Seeds, type StrokeRaster, sameSeeds, seedNodes } from './seeds/seeds.ts';
import type { LabelledPixels } from './seeds/sheet.ts';
import { softSeeds, type WeightedStrokes } from './seeds/soft-seeds.ts';
import type { Solver } from './solver.ts';

/** What strokes label: nodes and pixels. */
export interface StrokeLabels {
  seeds: Seeds;
  /** Pixels under strokes, which keep the strokes' labels; undefined where settings tolerate noisy strokes. */
  held(): HeldPixels | undefined;
  /** Pixels of exact strokes and locks, which have their labels in the end; undefined where there are none. */
  exact(): LabelledPixels | undefined;
}

type Strokes = Pick<SegmentOptions, 'strokes'>;

/**
 * The labels of one annotator's strokes.
 *
 * @throws InvalidInputError if they label fewer than two segments, unless it is the background alone
 */
export const labelsOf = (raster: StrokeRaster, { height, width }: Grid, options: Strokes): StrokeLabels => ({
  seeds: seedNodes(raster, height, width),
  held: () => heldPixels(raster, options),
  exact: () => raster.exact,
});

/**
 * The labels of several annotators' strokes.
 *
 * @throws InvalidInputError if all together label fewer than two segments, unless it is the background alone
 */
export const labelsTogether = (
  drawn: readonly WeightedStrokes[],
  { height, width }: Grid,
  options: Strokes,
): StrokeLabels => ({
  seeds: softSeeds(drawn, height, width),
  held: () => heldTogether(drawn, options),
  exact: () => exactTogether(drawn, options),
});

export interface Answer {
  seeds: Seeds;
  nodes: NodeScores & Convergence;
  /** Refines the nodes, each time it is called. */
  mask(): Mask;
}

/** @param before the same solver's last answer: strokes that seed no other node than before need no solve */
export function answerFrom(
  { solve, refine }: Solver,
  { seeds, held, exact }: StrokeLabels,
  before?: Pick<Answer, 'seeds' | 'nodes'>,
): Answer {
  const nodes = before && sameSeeds(before.seeds, seeds) ? before.nodes : solve(seeds);
  return { seeds, nodes, mask: () => giveExact(refine(nodes, held()), exact()) };
}
