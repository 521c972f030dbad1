/** One image's masks judged: against the known mask, against the accepted one, and by strokes held out. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { answerFrom, labelsOf } from '../answer.ts';
import { agreement } from '../crowd/agreement.ts';
import { classNamed, type KnownMask, knownAgreement } from '../crowd/known-image.ts';
import type { Keys } from '../keys/keys.ts';
import type { Mask } from '../mask/mask.ts';
import { mean } from '../metrics/mean.ts';
import { overlaps } from '../metrics/overlaps.ts';
import { gridOf } from '../nodes/grid.ts';
import type { StrokeRaster } from '../seeds/seeds.ts';
import type { Solver } from '../solver.ts';
import { heldOut, predicted } from './held-out.ts';

export interface Held {
  strokes: number;
  /** Mean share of a stroke's pixels that get its label; and share of strokes most of whose pixels do. */
  pixels: number;
  labels: number;
}

/**
 * Every stroke that can be held out, predicted by the rest of the drawing.
 *
 * @returns undefined where no stroke can be held out
 */
export function judgeStrokes(
  solver: Solver,
  keys: Keys,
  raster: StrokeRaster,
  options: SegmentOptions,
): Held | undefined {
  const grid = gridOf(keys, options.upsample);
  const shares = heldOut(raster).map((held) => {
    try {
      return predicted(held, answerFrom(solver, labelsOf(held.rest, grid, options)).mask().ids);
    } catch (error) {
      // The rest labels no two nodes of this grid: these settings predict nothing, where finer ones might.
      if (error instanceof InvalidInputError) return 0;
      throw error;
    }
  });
  if (shares.length === 0) return undefined;
  return {
    strokes: shares.length,
    pixels: mean(shares),
    labels: mean(shares.map((share) => (share > 0.5 ? 1 : 0))),
  };
}

/** The mean IoU with a mask of the same strokes, over its segments and the background: their ids are the same. */
export const likeAccepted = (mask: Mask, accepted: Mask): number =>
  mean(overlaps(mask, accepted).map(({ iou }) => iou));

/**
 * The mean IoU with a known mask: by categories if any that was drawn is among the mask's, else by the best match of segments,
 * as where strokes have no names.
 *
 * @param categories of the mask's segments, by name
 * @param names the classes that annotators could choose from, and those that the dataset lists
 */
export function likeKnown(
  mask: Mask,
  categories: ReadonlyMap<number, string>,
  known: KnownMask,
  names: { classes: readonly string[]; listed: readonly string[] },
): number {
  const drawn = [...new Set(categories.values())];
  const vocabulary = [...names.listed, ...known.categories.map(({ name }) => name)];
  const isNamed = vocabulary.some((name) => classNamed(name, drawn) !== undefined);
  if (!isNamed) return agreement({ mask }, { mask: known.mask }).miou;
  const classes = [...new Set([...names.classes, ...drawn])];
  return knownAgreement({ mask, categories }, known, { classes, listed: names.listed }).miou;
}
