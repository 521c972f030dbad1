/** COCO instances: written with compressed run lengths (spec/export.md), read from polygons and run lengths of either kind. */
import type { SegmentInfo } from '@saltworks/contract/documents/masks';
import { maxSegmentId } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Mask, segmentsInfo } from '../../mask/mask.ts';
import { visitRegion } from '../../seeds/paint.ts';
import { type ExportDataset, type Exporter, namedCategories, partName } from '../exporter.ts';
import { LeftOut, shown } from '../paint.ts';
import { cocoId } from './categories.ts';
import { cocoDocuments, imageLine, writtenCategory } from './document.ts';
import { polygonRuns } from './polygon.ts';
import { compressCounts, encodeRuns, expandCounts } from './rle.ts';

export function cocoInstances(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset);
  const isThing = new Set(categories.filter(({ isthing }) => isthing === 1).map(({ id }) => id));
  return {
    image(image) {
      const { id, mask, segments } = image;
      const runs = encodeRuns(mask);
      const annotations = segments
        .filter(({ category_id }) => isThing.has(category_id))
        .map((segment) =>
          JSON.stringify({
            id: annotationId(id, segment.id),
            image_id: id,
            category_id: segment.category_id,
            segmentation: { size: [mask.height, mask.width], counts: compressCounts(runs.get(segment.id) ?? []) },
            area: segment.area,
            bbox: segment.bbox,
            iscrowd: segment.iscrowd,
            origin: segment.origin,
            accepted: segment.accepted,
            ...(segment.attributes && { attributes: segment.attributes }),
          }),
        );
      const { split } = image;
      const lines = { [partName('images', split)]: [imageLine(image)], [partName('annotations', split)]: annotations };
      return { files: [], lines };
    },
    documents: cocoDocuments('instances', dataset, categories.filter(({ id }) => isThing.has(id)).map(writtenCategory)),
    picture: ({ fileName }) => `images/${fileName}`,
  };
}

/** One number for a segment of an image: below 2⁵³, and both can be read back from it. */
export const annotationId = (image: number, segment: number): number => image * 2 ** 24 + segment;

/** Straight from a document, unchecked. */
export interface CocoAnnotation {
  id?: unknown;
  image_id?: unknown;
  category_id?: unknown;
  iscrowd?: unknown;
  segmentation?: unknown;
}

export interface InstancesMask {
  mask: Mask;
  /** Segment k is the k-th usable annotation. */
  segments: SegmentInfo[];
  /** The reasons for left-out annotations, a line each. */
  notes: string[];
}

/**
 * Paints annotations in order, later over earlier: polygons and run lengths, plain or compressed. Crowds are void where no
 * instance is. An annotation that cannot be understood is left out alone.
 *
 * @param categories ids of the document, as `cocoId` gives them; segments have these
 */
export function instancesMask(
  annotations: Iterable<CocoAnnotation>,
  { width, height }: { width: number; height: number },
  categories: { has(id: unknown): boolean },
): InstancesMask {
  const mask: Mask = { ids: new Uint32Array(width * height), width, height };
  const categoryOf = new Map<number, number>();
  const left = new LeftOut('annotation');
  for (const { id, category_id, iscrowd, segmentation } of annotations) {
    const category = cocoId(category_id);
    if (iscrowd === 1) continue;
    left.attempt(id, () => {
      if (!categories.has(category)) {
        throw new InvalidInputError(`category ${JSON.stringify(category_id)}, which is not in the document`);
      }
      const parts = runsOf(segmentation, width, height);
      if (categoryOf.size === maxSegmentId) throw new InvalidInputError(`number ${maxSegmentId + 1} of its image`);
      const segment = categoryOf.size + 1;
      categoryOf.set(segment, category as number);
      for (const counts of parts) paint(mask, counts, segment);
    });
  }
  const segments = segmentsInfo(mask, [], []).map((segment) => ({
    ...segment,
    category_id: categoryOf.get(segment.id) ?? 0,
  }));
  return { mask, segments, notes: left.notes() };
}

/** The run lengths of a segmentation's parts. @throws InvalidInputError that describes the annotation's fault */
function runsOf(segmentation: unknown, width: number, height: number): number[][] {
  if (Array.isArray(segmentation)) {
    if (segmentation.length === 0) throw new InvalidInputError('no segmentation');
    // Some write a single polygon without a list around it.
    const polygons = typeof segmentation[0] === 'number' ? [segmentation] : segmentation;
    return polygons.map((corners) => {
      if (!Array.isArray(corners) || corners.length < 6 || corners.length % 2 === 1 || !corners.every(isPlace)) {
        throw new InvalidInputError(`a polygon of ${shown(corners)}; expected x and y of three corners or more`);
      }
      return polygonRuns(corners, width, height);
    });
  }
  const { size, counts } = Object(segmentation) as { size?: unknown; counts?: unknown };
  if (!Array.isArray(size) || (typeof counts !== 'string' && !Array.isArray(counts))) {
    throw new InvalidInputError(segmentation ? `a segmentation of ${shown(segmentation)}` : 'no segmentation');
  }
  if (size[0] !== height || size[1] !== width) {
    throw new InvalidInputError(
      `run lengths of ${shown(size[1])} × ${shown(size[0])} pixels, the image ${width} × ${height}`,
    );
  }
  const runs = typeof counts === 'string' ? expandCounts(counts) : counts;
  const whole = runs.every((count) => Number.isSafeInteger(count) && count >= 0);
  const sum = whole ? runs.reduce((sum, count) => sum + count, 0) : Number.NaN;
  if (sum !== width * height) {
    throw new InvalidInputError(`run lengths of ${sum} pixels in all; expected ${width} × ${height}`);
  }
  return [runs];
}

/** A place may lie far outside, but not so far that walking the border takes for ever. */
const isPlace = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) < 1e6;

function paint({ ids, width, height }: Mask, counts: readonly number[], id: number): void {
  // Columns of the image are the rows of its run lengths.
  visitRegion(counts, { width: height, height: width }, (x, top, bottom) => {
    for (let y = top; y <= bottom; y++) ids[y * width + x] = id;
  });
}
