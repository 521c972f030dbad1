/** Which segments are drawn. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import { useMemo, useRef } from 'react';

/** Ids of segments that have strokes: the same set from one stroke to the next, while it holds the same. */
export function useDrawn(strokes: Drawing['strokes']): ReadonlySet<number> {
  const last = useRef<ReadonlySet<number>>(new Set());
  return useMemo(() => {
    const drawn = new Set(strokes.map(({ segment }) => segment));
    if (drawn.size !== last.current.size || [...drawn].some((id) => !last.current.has(id))) last.current = drawn;
    return last.current;
  }, [strokes]);
}
