/** PNGs in which every pixel has the number of its segment or class. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { encode } from 'fast-png';
import type { Mask } from '../mask/mask.ts';
import { vocColour } from './colour-map.ts';
import type { ExportImage } from './exporter.ts';

const palette = Array.from({ length: 256 }, (_, i) => vocColour(i));

/** The most that 16 bits hold. */
const maxWord = 65_535;

/** The number of each segment, by its id. */
type Numbers = ReadonlyMap<number, number>;

/** 0 for pixels of no segment, or of one without a number. */
function numbered<T extends Uint8Array | Uint16Array>({ ids }: Mask, of: Numbers, data: T): T {
  for (let i = 0, id = 0, value = 0; i < ids.length; i++) {
    if (ids[i] !== id) {
      id = ids[i];
      value = of.get(id) ?? 0;
    }
    data[i] = value;
  }
  return data;
}

/** Of 8 bits, grey. */
export const bytePng = (mask: Mask, of: Numbers): Uint8Array =>
  encode({
    data: numbered(mask, of, new Uint8Array(mask.ids.length)),
    ...{ width: mask.width, height: mask.height, channels: 1 },
  });

/** Of 16 bits, grey. */
export const wordPng = (mask: Mask, of: Numbers): Uint8Array =>
  encode({
    data: numbered(mask, of, new Uint16Array(mask.ids.length)),
    ...{ width: mask.width, height: mask.height, channels: 1, depth: 16 },
  });

/** Of 8 bits, in the colours of VOC. */
export const palettePng = (mask: Mask, of: Numbers): Uint8Array =>
  encode({
    data: numbered(mask, of, new Uint8Array(mask.ids.length)),
    ...{ width: mask.width, height: mask.height, channels: 1, palette },
  });

/** The places of entries in a list, from 1, by their ids. */
export const placesOf = (list: readonly { id: number }[]): Map<number, number> =>
  new Map(list.map(({ id }, i) => [id, i + 1]));

/**
 * Writes two PNGs of an image: its classes, and its segments, by their places in their lists.
 *
 * @throws InvalidInputError for more categories, or segments of an image, than 16 bits count
 */
export function classAndSegmentPngs(categories: readonly { id: number }[]) {
  if (categories.length > maxWord) {
    throw new InvalidInputError(
      `${categories.length} categories; expected at most ${maxWord}, which is all a PNG holds`,
    );
  }
  const place = placesOf(categories);
  const encodeClasses = categories.length < 256 ? palettePng : wordPng;
  return ({ stem, mask, segments }: ExportImage): { classes: Uint8Array; segments: Uint8Array } => {
    if (segments.length > maxWord) {
      throw new InvalidInputError(`${segments.length} segments in ${stem}; expected at most ${maxWord}`);
    }
    const classes = new Map(segments.map(({ id, category_id }) => [id, place.get(category_id) ?? 0]));
    return { classes: encodeClasses(mask, classes), segments: wordPng(mask, placesOf(segments)) };
  };
}
