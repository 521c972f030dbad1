/** Which segments of a known mask are to be found. The structure of the data decides, not names of files. */
import type { Counting } from '@saltworks/contract/documents/evaluations';
import type { Mask } from '@saltworks/core/mask/mask';
import type { PanopticDocument, PanopticSegment } from './document.ts';

/** Share of a picture that a big thing covers at least. */
const big = 0.005;
/** Share of a picture that regions cover at least. */
const whole = 0.95;

type Annotation = PanopticDocument['annotations'][number];

/** A document's way to count each of its annotations. @param sizeOf pixels of an annotation's picture; undefined if unknown */
export function countingOf(
  { annotations, categories }: PanopticDocument,
  sizeOf: (annotation: Annotation) => number | undefined,
): (annotation: Annotation) => Counting {
  const covers = (annotation: Annotation) => {
    const size = sizeOf(annotation);
    const areas = annotation.segments_info.map(({ area }) => area);
    if (size === undefined || areas.some((area) => area === undefined)) return undefined;
    return areas.reduce<number>((sum, area) => sum + (area ?? 0), 0) >= whole * size;
  };
  const kinds = (annotation: Annotation) => new Set(annotation.segments_info.map(({ category_id }) => category_id));
  /** Categories that occur beside others, or leave part of a picture to nobody. */
  const named = new Set(
    annotations.flatMap((annotation) => {
      const own = [...kinds(annotation)];
      return own.length > 1 || covers(annotation) === false ? own : [];
    }),
  );
  const stuff = new Set(categories.filter(({ isthing = 1 }) => !isthing).map(({ id }) => id));
  const hasStuff = annotations.some((annotation) => [...kinds(annotation)].some((kind) => stuff.has(kind)));
  const partly = annotations.filter((annotation) => covers(annotation) === false).length;
  const others: Counting = !hasStuff && partly > annotations.length / 2 ? 'instances' : 'big-things';
  return (annotation) => {
    const [kind, ...more] = kinds(annotation);
    return kind !== undefined && more.length === 0 && !named.has(kind) ? 'regions' : others;
  };
}

/** A known mask as a protocol asks for it; see `Case`. */
export interface Truth {
  truth: Mask;
  ignore: Uint8Array;
  categories: Map<number, string>;
  /** Ids of segments that count as background. */
  background: Set<number>;
}

/**
 * @param drawn ids of the panoptic PNG
 * @param categories by id
 */
export function truthOf(
  drawn: Mask,
  segments: readonly PanopticSegment[],
  counting: Counting,
  categories: ReadonlyMap<number | string, { name: string; isthing?: number | boolean }>,
): Truth {
  const listed = new Map(segments.map((segment) => [segment.id, segment]));
  const areas = segments.some(({ area }) => area === undefined) ? areasOf(drawn) : undefined;
  const isWanted = ({ id, category_id, area }: PanopticSegment) => {
    if (counting === 'regions') return true;
    if (!(categories.get(category_id)?.isthing ?? true)) return false;
    return counting === 'instances' || (area ?? areas?.get(id) ?? 0) >= big * drawn.width * drawn.height;
  };
  const background = new Set(segments.filter((segment) => !isWanted(segment)).map(({ id }) => id));
  const ids = drawn.ids.slice();
  const ignore = new Uint8Array(ids.length);
  for (let i = 0; i < ids.length; i++) {
    const segment = listed.get(ids[i]);
    if (segment?.iscrowd || (!segment && counting !== 'instances')) ignore[i] = 1;
    else if (!segment || background.has(segment.id)) ids[i] = 0;
  }
  const names = segments.flatMap((segment): [number, string][] => {
    const name = categories.get(segment.category_id)?.name;
    return counting === 'regions' || background.has(segment.id) || segment.iscrowd || name === undefined
      ? []
      : [[segment.id, name]];
  });
  return { truth: { ...drawn, ids }, ignore, categories: new Map(names), background };
}

function areasOf({ ids }: Mask): Map<number, number> {
  const areas = new Map<number, number>();
  for (const id of ids) areas.set(id, (areas.get(id) ?? 0) + 1);
  return areas;
}
