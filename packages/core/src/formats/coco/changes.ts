/**
 * Two builds' differences as a COCO instances document: an annotation for every segment that changed. Readers of instances see
 * what is there now, of a segment that is gone what was there; fields of our own tell the change.
 */
import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import { type Mask, segmentsInfo } from '../../mask/mask.ts';
import { compressCounts, encodeRuns } from './rle.ts';

/** The masks of an image in both builds, where they have one. */
export interface ChangedMasks {
  before?: Mask;
  after?: Mask;
}

/**
 * The document, piece by piece. Annotations come first: images are noted while their masks are at hand.
 *
 * @param info of the document
 * @param classes names of categories, numbered from 1 in this order; further ones follow
 * @param images those that did not change, or could not be compared, are left out
 */
export async function* changesDocument(
  info: object,
  classes: readonly string[],
  images: AsyncIterable<ComparedImage>,
  masksOf: (image: ComparedImage) => Promise<ChangedMasks>,
): AsyncGenerator<string> {
  const numbers = new Map(classes.map((name, i) => [name, i + 1]));
  const categoryOf = (name: string): number => {
    const number = numbers.get(name) ?? numbers.size + 1;
    numbers.set(name, number);
    return number;
  };
  const listed: string[] = [];
  let last = 0;
  let between = '\n';
  yield `{"info":${JSON.stringify(info)},\n"licenses":[],\n"annotations":[`;
  for await (const image of images) {
    if (image.reason !== undefined || image.changed === 0) continue;
    const masks = await masksOf(image);
    listed.push(changedImageLine(image, masks));
    for (const line of changeLines(image, masks, { ids: () => ++last, categoryOf })) {
      yield between + line;
      between = ',\n';
    }
  }
  const categories = [...numbers].map(([name, id]) => ({ id, name }));
  yield `\n],\n"images":[\n${listed.join(',\n')}\n],\n"categories":${JSON.stringify(categories)}}\n`;
}

/** An image in the list `images`. */
export function changedImageLine(image: ComparedImage, { before, after }: ChangedMasks): string {
  const { id, name, changed, iou, why, kept, known, accepted } = image;
  const { width, height } = (after ?? before) as Mask;
  const change = {
    ...{ before: image.before, after: image.after, changed, iou, why },
    ...(kept && { kept }),
    ...(known && { known: { before: known.before, after: known.after } }),
    ...(accepted && { accepted }),
  };
  return JSON.stringify({ id, file_name: name, width, height, change });
}

/**
 * Annotations of an image's segments that changed.
 *
 * @param ids annotation ids, each taken once
 * @param categoryOf number of a category by its name
 */
export function changeLines(
  { id: image_id, segments }: ComparedImage,
  { before, after }: ChangedMasks,
  { ids, categoryOf }: { ids: () => number; categoryOf(name: string): number },
): string[] {
  const [was, is] = [regionsOf(before), regionsOf(after)];
  return segments
    .filter(({ iou }) => iou < 1)
    .flatMap(({ id, category, iou, ...areas }) => {
      const old = areas.before > 0 ? was(id) : undefined;
      const now = areas.after > 0 ? is(id) : undefined;
      const shown = now ?? old;
      if (!shown) return [];
      return JSON.stringify({
        ...{ id: ids(), image_id, category_id: categoryOf(category), iscrowd: 0, ...shown },
        change: { kind: kindOf(areas), segment: id, before: areas.before, after: areas.after, iou },
        ...(old && { segmentation_before: old.segmentation }),
      });
    });
}

const kindOf = ({ before, after }: { before: number; after: number }): 'added' | 'removed' | 'changed' => {
  if (before === 0) return 'added';
  return after === 0 ? 'removed' : 'changed';
};

/** Area, box and compressed run lengths by segment. */
function regionsOf(mask: Mask | undefined) {
  if (!mask) return () => undefined;
  const { width, height } = mask;
  const runs = encodeRuns(mask);
  const found = new Map(segmentsInfo(mask, [], []).map((info) => [info.id, info]));
  return (id: number) => {
    const [info, counts] = [found.get(id), runs.get(id)];
    if (!info || !counts) return undefined;
    const { area, bbox } = info;
    return { area, bbox, segmentation: { size: [height, width], counts: compressCounts(counts) } };
  };
}
