/** The segment that the brush draws, and the segments to choose from. */

import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';

export interface Choice {
  /** The drawing's segments; if it has none, one of the first category, which the first stroke will name. */
  segments: Drawing['segments'];
  /** Whether that segment has no name yet. */
  unnamed: boolean;
  /** The segment that the brush draws. */
  segment: number;
}

/**
 * @param categories those that new segments may have
 * @param chosen the annotator's choice; if undefined or gone, the last drawn segment is used, never the background,
 * which should be drawn on purpose only
 * @param nextId the id of the next new segment
 */
export function choiceOf(
  { segments: named, strokes }: Pick<Drawing, 'segments' | 'strokes'>,
  categories: readonly LabelCategory[],
  chosen: number | undefined,
  nextId: number,
): Choice {
  const unnamed = named.length === 0 && categories.length > 0;
  const segments = unnamed ? [{ id: nextId, category: categories[0].id }] : named;
  const there = (id: number | undefined) => id === 0 || segments.some((segment) => segment.id === id);
  const last = strokes.findLast(({ segment }) => segment !== 0)?.segment ?? segments.at(-1)?.id ?? 0;
  return { segments, unnamed, segment: chosen !== undefined && there(chosen) ? chosen : last };
}

/** The neighbour of a segment in a list, to choose once the segment is deleted. */
export function neighbourOf(id: number, segments: Drawing['segments']): number | undefined {
  const at = segments.findIndex((segment) => segment.id === id);
  return (segments[at + 1] ?? segments[at - 1])?.id;
}
