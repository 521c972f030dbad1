/** Panoptic masks (spec/mask.md), one owner per pixel: as segment ids, as an RGB image, and as segments_info. */
import type { Category } from '@saltworks/contract/categories';
import type { SegmentInfo } from '@saltworks/contract/documents/masks';
import type { Segment } from '@saltworks/contract/documents/scribbles';
import type { RgbImage } from '../image/image.ts';

/** Row-major segment id per pixel; 0 is background or void. */
export interface Mask {
  ids: Uint32Array;
  width: number;
  height: number;
}

/** One segment owns every pixel. */
export const maskEverywhere = (id: number, { width, height }: { width: number; height: number }): Mask => ({
  ids: new Uint32Array(width * height).fill(id),
  width,
  height,
});

/** Segment ids as colours, id = R + 256·G + 65536·B: the pixels of a COCO panoptic PNG. */
export function encodePanoptic({ ids, width, height }: Mask): RgbImage {
  const data = new Uint8Array(3 * ids.length);
  for (let i = 0, o = 0; i < ids.length; i++, o += 3) {
    data[o] = ids[i] & 0xff;
    data[o + 1] = (ids[i] >>> 8) & 0xff;
    data[o + 2] = ids[i] >>> 16;
  }
  return { data, width, height };
}

export function decodePanoptic({ data, width, height }: RgbImage): Mask {
  const ids = new Uint32Array(width * height);
  for (let i = 0, o = 0; i < ids.length; i++, o += 3) ids[i] = data[o] | (data[o + 1] << 8) | (data[o + 2] << 16);
  return { ids, width, height };
}

/** Finds a category by name and kind, since two lists may number it differently. */
export const findCategory = (
  categories: readonly Category[],
  { name, isthing }: Pick<Category, 'name' | 'isthing'>,
): Category | undefined => categories.find((known) => known.name === name && known.isthing === isthing);

/** Adds the missing ones of `more` under the next free ids. */
export function addCategories(categories: Category[], more: readonly Pick<Category, 'name' | 'isthing'>[]): void {
  for (const { name, isthing } of more) {
    if (findCategory(categories, { name, isthing })) continue;
    categories.push({ id: 1 + Math.max(0, ...categories.map(({ id }) => id)), name, isthing });
  }
}

/**
 * The COCO categories of segments, one for each name and kind, numbered from 1 in order of first appearance.
 *
 * @param known categories that have numbers already, and come first
 */
export function categoriesOf(segments: readonly Segment[], known: readonly Category[] = []): Category[] {
  const categories = [...known];
  addCategories(
    categories,
    segments.map(({ category: name, isthing }) => ({ name, isthing: isthing ? 1 : 0 })),
  );
  return categories;
}

/** A segment within its box: 1 where it is, 0 elsewhere, row by row. */
export function cut(
  { ids, width }: Mask,
  { id, bbox: [left, top, w, h] }: Pick<SegmentInfo, 'id' | 'bbox'>,
): Uint8Array {
  const inBox = new Uint8Array(w * h);
  for (let y = 0, o = 0; y < h; y++) {
    for (let x = 0, i = (top + y) * width + left; x < w; x++, i++, o++) inBox[o] = ids[i] === id ? 1 : 0;
  }
  return inBox;
}

/** COCO's segments_info: every segment with pixels but the background, ids ascending. */
export function segmentsInfo(
  { ids, width, height }: Mask,
  segments: readonly Segment[],
  categories: readonly Category[],
): SegmentInfo[] {
  const found = new Map<number, { area: number; left: number; top: number; right: number; bottom: number }>();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (ids[i] === 0) continue;
      const box = found.get(ids[i]);
      if (!box) {
        found.set(ids[i], { area: 1, left: x, top: y, right: x, bottom: y });
        continue;
      }
      box.area++;
      box.bottom = y;
      if (x < box.left) box.left = x;
      else if (x > box.right) box.right = x;
    }
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([id, { area, left, top, right, bottom }]) => {
      const segment = segments.find((known) => known.id === id);
      const category =
        segment && findCategory(categories, { name: segment.category, isthing: segment.isthing ? 1 : 0 });
      return {
        id,
        category_id: category?.id ?? 0,
        area,
        bbox: [left, top, right - left + 1, bottom - top + 1],
        iscrowd: 0,
        ...(segment?.attributes && { attributes: segment.attributes }),
      };
    });
}
