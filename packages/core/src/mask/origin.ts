/** What a mask has of what its image began with: labels that were imported or predicted, and nobody drew. */
import { eachRun, regionArea } from '@saltworks/contract/documents/run-lengths';
import type { GivenOrigin, Segment, Stroke } from '@saltworks/contract/documents/scribbles';
import type { Mask } from './mask.ts';

export interface MaskOrigin {
  /** What the image began with; absent where all is drawn. */
  origin?: GivenOrigin;
  /** Something differs from what it began with. */
  corrected?: true;
  /** Segments that are as they were given, to the pixel and in their class. */
  segments: ReadonlyMap<number, GivenOrigin>;
}

/** @param strokes those of the drawing that the mask is of, with its segments */
export function maskOrigin(
  { ids }: Pick<Mask, 'ids'>,
  { segments, strokes }: { segments: readonly Segment[]; strokes: readonly Stroke[] },
): MaskOrigin {
  const given = strokes.filter(({ origin, region }) => origin && region);
  const origin = given[0]?.origin;
  if (!origin) return { segments: new Map() };
  const areas = new Map<number, number>();
  for (const id of ids) areas.set(id, (areas.get(id) ?? 0) + 1);
  const classed = new Map(segments.map((segment) => [segment.id, segment.origin]));
  const same = new Map<number, GivenOrigin>();
  for (const [label, area] of areas) {
    const own = given.filter(({ segment }) => segment === label);
    // A merge joins what was given apart.
    if (own.length !== 1 || (label !== 0 && !classed.get(label))) continue;
    const [{ region = [], origin }] = own;
    let kept = 0;
    eachRun(region, (start, end) => {
      for (let i = start; i < end; i++) if (ids[i] === label) kept++;
    });
    if (origin && kept === area && kept === regionArea(region)) same.set(label, origin);
  }
  const corrected = same.size < areas.size || same.size < given.length;
  same.delete(0);
  return { origin, ...(corrected && { corrected }), segments: same };
}
