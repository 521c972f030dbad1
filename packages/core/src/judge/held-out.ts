/**
 * Strokes held out: some pixels of a label are hidden, and the rest of the drawing has to predict them. What is hidden depends
 * on the drawing alone, so that all settings are asked the same.
 */
import type { StrokeRaster } from '../seeds/seeds.ts';

export interface HeldOut {
  /** Segment id that was drawn there. */
  segment: number;
  /** Row-major numbers of the pixels to predict, ascending. */
  pixels: Int32Array;
  /** The drawing without them, and perhaps without pixels next to them. */
  rest: StrokeRaster;
}

/** Strokes that one image has held out at most: each costs a mask. */
export const mostHeldOut = 8;
/** A label of fewer pixels is not cut. */
const fewest = 12;

/**
 * Strokes as the eye sees them: connected pixels of one label, however often the pen was lifted, in documents and label images
 * alike. A label with several loses one at a time, its largest first. A label with a single one would be unknown without it:
 * there the two ends are held out, a third of the stroke each, and the middle third is hidden with either, since its neighbours
 * would be no question.
 *
 * @returns at most `most`: of every label the first, then of every label the second, and so on, by ascending segment id
 */
export function heldOut(raster: StrokeRaster, most = mostHeldOut): HeldOut[] {
  const strokes = connected(raster);
  const labels = [...new Set(strokes.map(({ segment }) => segment))].sort((a, b) => a - b);
  const wanted = labels.map((segment) => {
    const own = strokes.filter((stroke) => stroke.segment === segment).map(({ pixels }) => pixels);
    if (own.length > 1) return own.sort((a, b) => b.length - a.length).map((pixels) => ({ pixels, hidden: pixels }));
    return own[0].length < fewest ? [] : ends(own[0], raster.width);
  });
  const deepest = Math.max(0, ...wanted.map(({ length }) => length));
  const inTurn = Array.from({ length: deepest }, (_, turn) =>
    wanted.flatMap((own, label) => (turn < own.length ? [{ segment: labels[label], ...own[turn] }] : [])),
  ).flat();
  return inTurn.slice(0, most).map(({ segment, pixels, hidden }) => ({
    segment,
    pixels: pixels.slice().sort(),
    rest: without(raster, hidden),
  }));
}

/** Share of the pixels that an answer gives the label that was drawn there. @param owners segment id of every pixel */
export function predicted({ segment, pixels }: Pick<HeldOut, 'segment' | 'pixels'>, owners: ArrayLike<number>): number {
  let right = 0;
  for (const pixel of pixels) if (owners[pixel] === segment) right++;
  return right / pixels.length;
}

function without(raster: StrokeRaster, hidden: Int32Array): StrokeRaster {
  const owner = raster.owner.slice();
  for (const pixel of hidden) owner[pixel] = 0;
  // A stroke without pixels no longer counts as drawn: its label may be gone.
  const left = new Uint8Array(raster.segments.length + 1);
  for (const stroke of owner) left[stroke] = 1;
  const numbers = Array.from(raster.segments, (_, i) => i + 1).filter((stroke) => left[stroke] === 1);
  const renumbered = new Uint32Array(raster.segments.length + 1);
  numbers.forEach((stroke, i) => {
    renumbered[stroke] = i + 1;
  });
  return {
    ...{ width: raster.width, height: raster.height },
    owner: owner.map((stroke) => renumbered[stroke]),
    segments: numbers.map((stroke) => raster.segments[stroke - 1]),
  };
}

/** Pixels of one label that touch, by sides or corners, in reading order of their first pixels. */
function connected({ width, height, owner, segments }: StrokeRaster): { segment: number; pixels: Int32Array }[] {
  const segmentAt = (pixel: number) => (owner[pixel] === 0 ? -1 : segments[owner[pixel] - 1]);
  const seen = new Uint8Array(width * height);
  const found: { segment: number; pixels: Int32Array }[] = [];
  for (let first = 0; first < owner.length; first++) {
    if (owner[first] === 0 || seen[first]) continue;
    const segment = segmentAt(first);
    const pixels = [first];
    seen[first] = 1;
    // The list grows while it is gone through.
    for (const pixel of pixels) {
      const x = pixel % width;
      const y = (pixel - x) / width;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u;
          if (seen[next] || segmentAt(next) !== segment) continue;
          seen[next] = 1;
          pixels.push(next);
        }
      }
    }
    found.push({ segment, pixels: Int32Array.from(pixels) });
  }
  return found;
}

/** Both ends of a stroke: the first third of its pixels along its main direction, and the last. */
function ends(pixels: Int32Array, width: number): { pixels: Int32Array; hidden: Int32Array }[] {
  const ordered = along(pixels, width);
  const third = Math.floor(ordered.length / 3);
  return [
    { pixels: ordered.slice(0, third), hidden: ordered.slice(0, 2 * third) },
    { pixels: ordered.slice(-third), hidden: ordered.slice(-2 * third) },
  ];
}

/** Pixels in the order of their projection on the main axis of their scatter; in reading order where that is the same. */
function along(pixels: Int32Array, width: number): Int32Array {
  const n = pixels.length;
  const xOf = (pixel: number) => pixel % width;
  const yOf = (pixel: number) => Math.floor(pixel / width);
  const x = pixels.reduce((sum, pixel) => sum + xOf(pixel), 0) / n;
  const y = pixels.reduce((sum, pixel) => sum + yOf(pixel), 0) / n;
  let [xx, xy, yy] = [0, 0, 0];
  for (const pixel of pixels) {
    xx += (xOf(pixel) - x) ** 2;
    xy += (xOf(pixel) - x) * (yOf(pixel) - y);
    yy += (yOf(pixel) - y) ** 2;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const [u, v] = [Math.cos(angle), Math.sin(angle)];
  const placeOf = new Map(Array.from(pixels, (pixel) => [pixel, xOf(pixel) * u + yOf(pixel) * v] as const));
  return pixels.slice().sort((a, b) => placeOf.get(a)! - placeOf.get(b)! || a - b);
}
