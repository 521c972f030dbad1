/** What protocols share: masks from what was drawn, and their rows. */
import type { EvaluationRow } from '@saltworks/contract/documents/evaluations';
import type { SegmentOptions } from '@saltworks/contract/options';
import { answerFrom, labelsOf } from '@saltworks/core/answer';
import { openFast } from '@saltworks/core/fast/solver';
import type { Keys } from '@saltworks/core/keys/keys';
import type { Mask } from '@saltworks/core/mask/mask';
import { countPanoptic } from '@saltworks/core/metrics/panoptic-quality';
import { scoreSegments } from '@saltworks/core/metrics/score-segments';
import { gridOf } from '@saltworks/core/nodes/grid';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';
import type { Case } from '../dataset/case.ts';

/** A case that was drawn on. */
export type DrawnCase = Case & { raster: StrokeRaster };

export const isDrawn = (one: Case): one is DrawnCase => one.raster !== undefined;

/** What a protocol says of a row, beside what its mask says. */
export type RowFacts = Omit<EvaluationRow, 'image' | 'source' | 'segments' | 'panoptic'>;

/** The row of a mask. */
export function rowOf({ name, source, truth, ignore, categories }: Case, mask: Mask, facts: RowFacts): EvaluationRow {
  const segments = scoreSegments(mask, truth, ignore).map((score) => {
    const category = categories.get(score.id);
    return category === undefined ? score : { ...score, category };
  });
  return { image: name, source, ...facts, segments, panoptic: countPanoptic(mask, truth, ignore, categories) };
}

/**
 * The mask that the product makes of what was drawn.
 *
 * @throws InvalidInputError if fewer than two segments are drawn
 */
export function drawnMask({ image, raster }: DrawnCase, keys: Keys, options: SegmentOptions): Mask {
  const labels = labelsOf(raster, gridOf(keys, options.upsample), options);
  return answerFrom(openFast(image, keys, options), labels).mask();
}
