/** Which segment the brush draws, and which there are to choose from. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import type { LabelCategory } from '@saltworks/contract/categories';

export interface Choice {
  /** Those of the drawing; where it has none, one of the first class, which its first stroke names. */
  segments: Drawing['segments'];
  /** Whether that one is not named yet. */
  unnamed: boolean;
  /** What the brush draws. */
  segment: number;
}

/**
 * @param chosen by a person; undefined, or not there any more: the segment that was drawn last, and never the background,
 * which nobody should draw unless they mean it
 * @param nextId that a new segment gets
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

/** The segment beside one in a list, for when that one goes. */
export function neighbourOf(id: number, segments: Drawing['segments']): number | undefined {
  const at = segments.findIndex((segment) => segment.id === id);
  return (segments[at + 1] ?? segments[at - 1])?.id;
}
