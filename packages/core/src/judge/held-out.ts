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
  /** The drawing without them. */
  rest: StrokeRaster;
}

/** Strokes that one image has held out at most: each costs a mask. */
export const mostHeldOut = 8;
/** A label of fewer pixels is not cut. */
const fewest = 12;

/**
 * Strokes as the eye sees them: pixels of one label that lie close together, however often the pen was lifted, in documents
 * and label images alike. A label with several loses one at a time, its largest first. A label with a single one would be
 * unknown without it: it loses one half at a time, the cut lying across its main direction.
 *
 * How well this ranks settings is measured in docs/bakeoff.md.
 *
 * @returns at most `most`: of every label the first, then of every label the second, and so on, by ascending segment id
 */
export function heldOut(raster: StrokeRaster, most = mostHeldOut): HeldOut[] {
  const strokes = strokesOf(raster);
  const labels = [...new Set(strokes.map(({ segment }) => segment))].sort((a, b) => a - b);
  const wanted = labels.map((segment) => {
    const own = strokes.filter((stroke) => stroke.segment === segment).map(({ pixels }) => pixels);
    if (own.length > 1) return own.sort((a, b) => b.length - a.length);
    return own[0].length < fewest ? [] : halves(own[0], raster.width);
  });
  const deepest = Math.max(0, ...wanted.map(({ length }) => length));
  const inTurn = Array.from({ length: deepest }, (_, turn) =>
    wanted.flatMap((own, label) => (turn < own.length ? [{ segment: labels[label], pixels: own[turn].sort() }] : [])),
  ).flat();
  return inTurn.slice(0, most).map((held) => ({ ...held, rest: without(raster, held.pixels) }));
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

/**
 * Groups of pixels of one label, in reading order of their first pixels. Squares of a fortieth of the image's longer side
 * that hold some are joined where they touch, by sides or corners: a group is nowhere closer to another than one square.
 */
function strokesOf({ width, height, owner, segments }: StrokeRaster): { segment: number; pixels: Int32Array }[] {
  const side = Math.max(1, Math.max(width, height) / 40);
  const across = Math.ceil(width / side) + 1;
  const squareOf = (pixel: number) => {
    const x = pixel % width;
    return Math.floor((pixel - x) / width / side) * across + Math.floor(x / side);
  };
  const drawn = new Map<number, Map<number, number[]>>();
  for (let pixel = 0; pixel < owner.length; pixel++) {
    if (owner[pixel] === 0) continue;
    const segment = segments[owner[pixel] - 1];
    const squares = drawn.get(segment) ?? new Map<number, number[]>();
    const square = squareOf(pixel);
    const held = squares.get(square);
    if (held) held.push(pixel);
    else squares.set(square, [pixel]);
    drawn.set(segment, squares);
  }
  return [...drawn]
    .flatMap(([segment, squares]) =>
      joined(squares, across).map((pixels) => ({ segment, pixels: Int32Array.from(pixels).sort() })),
    )
    .sort((a, b) => a.pixels[0] - b.pixels[0]);
}

/** Contents of squares, those of neighbours together. @param squares row-major, `across` in a row, the last column empty */
function joined(squares: ReadonlyMap<number, number[]>, across: number): number[][] {
  const left = new Set(squares.keys());
  const groups: number[][] = [];
  for (const first of squares.keys()) {
    if (!left.delete(first)) continue;
    const group = [first];
    // The list grows while it is gone through.
    for (const square of group) {
      for (const row of [-across, 0, across]) {
        for (const column of [-1, 0, 1]) {
          const next = square + row + column;
          if (left.delete(next)) group.push(next);
        }
      }
    }
    groups.push(group.flatMap((square) => squares.get(square) ?? []));
  }
  return groups;
}

/** Both halves of a stroke, cut across its main direction. */
function halves(pixels: Int32Array, width: number): Int32Array[] {
  const ordered = along(pixels, width);
  const half = ordered.length >> 1;
  return [ordered.slice(0, half), ordered.slice(half)];
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
