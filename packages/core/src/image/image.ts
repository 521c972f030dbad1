/**
 * Images as 8-bit RGB, and the steps before a backbone sees one: EXIF orientation, resizing, normalising.
 *
 * Notation here and elsewhere: width × height in pixels; p the patch size; h × w the patch grid (rows × columns).
 */
import { InvalidInputError } from '@saltworks/contract/errors';

/** 8-bit sRGB, interleaved r g b, row-major from the top left: `data.length` = 3 · width · height. */
export interface RgbImage {
  data: Uint8Array;
  width: number;
  height: number;
}

/** Maps a file's values to 8 bits: `low` and below to 0, `high` and above to 255. */
export interface ValueWindow {
  low: number;
  high: number;
}

/**
 * Turns an image upright by its EXIF orientation.
 *
 * @param orientation 1–8 as in the EXIF specification (tag 0x0112); anything else counts as 1, as in viewers
 * @returns the same image for orientation 1, otherwise a new one; 5–8 swap width and height
 */
export function orient(image: RgbImage, orientation: number): RgbImage {
  if (!(orientation >= 2 && orientation <= 8)) return image;
  const { data, width: sw, height: sh } = image;
  const transposed = orientation >= 5;
  const width = transposed ? sh : sw;
  const height = transposed ? sw : sh;
  // Orientations 5 to 8 transpose first; what remains is a flip of either axis.
  const flipX = orientation === 2 || orientation === 3 || orientation === 6 || orientation === 7;
  const flipY = orientation === 3 || orientation === 4 || orientation === 7 || orientation === 8;
  const out = new Uint8Array(data.length);
  for (let y = 0, o = 0; y < height; y++) {
    const v = flipY ? height - 1 - y : y;
    for (let x = 0; x < width; x++, o += 3) {
      const u = flipX ? width - 1 - x : x;
      const s = 3 * (transposed ? u * sw + v : v * sw + u);
      out[o] = data[s];
      out[o + 1] = data[s + 1];
      out[o + 2] = data[s + 2];
    }
  }
  return { data: out, width, height };
}

/**
 * The size at which a backbone sees an image: the long side becomes `longSide` (`native` keeps its length), the other
 * follows the aspect ratio, and both are rounded to the nearest multiple of the patch, at least one patch.
 */
export function workingSize(
  width: number,
  height: number,
  patch: number,
  longSide: number | 'native',
): { width: number; height: number } {
  const scale = longSide === 'native' ? 1 : longSide / Math.max(width, height);
  const round = (side: number) => Math.max(1, Math.round((side * scale) / patch)) * patch;
  return { width: round(width), height: round(height) };
}

/**
 * Bicubic resizing by the rule of Pillow's `Image.resize(size, BICUBIC)`: Keys' kernel, a = −0.5, widened when shrinking to
 * filter detail that the new size cannot hold; half-pixel centres; taps outside the image dropped and the others
 * renormalised; one axis after the other, rounded to 8 bits in between.
 */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  if (!(width > 0 && height > 0)) throw new InvalidInputError(`size ${width} × ${height}; expected at least 1 × 1`);
  if (width === image.width && height === image.height) return image;
  const rows = ({ data, width: from, height }: RgbImage): RgbImage =>
    from === width ? { data, width, height } : { data: resizeRows(data, from, height, width), width, height };
  const columns = ({ data, width, height: from }: RgbImage): RgbImage =>
    from === height ? { data, width, height } : { data: resizeColumns(data, width, from, height), width, height };
  // If only the height shrinks, shrinking it first leaves fewer rows to stretch.
  const columnsFirst = width > image.width && height < image.height;
  return columnsFirst ? rows(columns(image)) : columns(rows(image));
}

/** The taps of every output position i: `weights[i·taps + k]` applies to input `first[i] + k`. */
function bicubicTaps(from: number, to: number) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = 2 * stretch;
  const taps = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const lo = Math.max(0, Math.trunc(centre - support + 0.5));
    const hi = Math.min(from, Math.trunc(centre + support + 0.5));
    let sum = 0;
    for (let k = 0; k < hi - lo; k++) {
      const weight = cubic((lo + k - centre + 0.5) / stretch);
      weights[i * taps + k] = weight;
      sum += weight;
    }
    for (let k = 0; k < hi - lo; k++) weights[i * taps + k] /= sum;
    first[i] = lo;
    count[i] = hi - lo;
  }
  return { first, count, weights, taps };
}

/** Keys (1981), "Cubic convolution interpolation for digital image processing", a = −0.5. */
function cubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  if (t < 2) return ((-0.5 * t + 2.5) * t - 4) * t + 2;
  return 0;
}

function resizeRows(data: Uint8Array, width: number, height: number, to: number): Uint8Array {
  const { first, count, weights, taps } = bicubicTaps(width, to);
  const out = new Uint8ClampedArray(3 * to * height);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < to; x++, o += 3) {
      let r = 0;
      let g = 0;
      let b = 0;
      let s = 3 * (y * width + first[x]);
      for (let k = x * taps, end = k + count[x]; k < end; k++, s += 3) {
        const weight = weights[k];
        r += weight * data[s];
        g += weight * data[s + 1];
        b += weight * data[s + 2];
      }
      out[o] = Math.floor(r + 0.5);
      out[o + 1] = Math.floor(g + 0.5);
      out[o + 2] = Math.floor(b + 0.5);
    }
  }
  return new Uint8Array(out.buffer);
}

function resizeColumns(data: Uint8Array, width: number, height: number, to: number): Uint8Array {
  const { first, count, weights, taps } = bicubicTaps(height, to);
  const stride = 3 * width;
  const out = new Uint8ClampedArray(stride * to);
  const line = new Float64Array(stride);
  for (let y = 0; y < to; y++) {
    line.fill(0.5);
    for (let k = 0; k < count[y]; k++) {
      const weight = weights[y * taps + k];
      const s = (first[y] + k) * stride;
      for (let i = 0; i < stride; i++) line[i] += weight * data[s + i];
    }
    const o = y * stride;
    for (let i = 0; i < stride; i++) out[o + i] = Math.floor(line[i]);
  }
  return new Uint8Array(out.buffer);
}

/**
 * Shifts an image: pixel (x, y) of the result is (x + dx, y + dy) of the image, clamped at the border.
 *
 * @param to width and height of the result, default the image's
 */
export function shiftImage(
  { data, width, height }: RgbImage,
  dx: number,
  dy: number,
  to: { width: number; height: number } = { width, height },
): RgbImage {
  const clamp = (v: number, size: number) => Math.min(Math.max(v, 0), size - 1);
  const out = new Uint8Array(3 * to.width * to.height);
  for (let y = 0, o = 0; y < to.height; y++) {
    const row = clamp(y + dy, height) * width;
    for (let x = 0; x < to.width; x++, o += 3) {
      const s = 3 * (row + clamp(x + dx, width));
      out[o] = data[s];
      out[o + 1] = data[s + 1];
      out[o + 2] = data[s + 2];
    }
  }
  return { data: out, width: to.width, height: to.height };
}

/**
 * Scales 8-bit RGB to the range that a backbone was trained on: (value / 255 − mean) / std of each channel.
 *
 * @returns float32, planar `[3, height, width]`, the layout of an ONNX input `[1, 3, H, W]`
 */
export function normalise(image: RgbImage, mean: readonly number[], std: readonly number[]): Float32Array {
  const { data, width, height } = image;
  const plane = width * height;
  const out = new Float32Array(3 * plane);
  for (let channel = 0; channel < 3; channel++) {
    const scale = 1 / (255 * std[channel]);
    const shift = -mean[channel] / std[channel];
    const o = channel * plane;
    for (let i = 0, s = channel; i < plane; i++, s += 3) out[o + i] = data[s] * scale + shift;
  }
  return out;
}

/**
 * The mean colour of every cell of an h × w grid. Pixel (x, y) belongs to column ⌊(x + ½)·w / width⌋ and row
 * ⌊(y + ½)·h / height⌋; a cell without a pixel centre takes the pixel under its own centre.
 *
 * @param add adds up the pixels of cells
 * @returns `[h·w, 3]`, row-major, 0 … 255
 */
export function cellColours(image: RgbImage, h: number, w: number, add: AddCells = addCells): Float32Array {
  const { data, width, height } = image;
  const rows = cellEnds(height, h);
  const columns = cellEnds(width, w);
  const sums = add(image, rows, columns);
  const out = new Float32Array(3 * h * w);
  for (let row = 0, to = 0; row < h; row++) {
    const lines = rows[row] - (rows[row - 1] ?? 0);
    for (let column = 0; column < w; column++, to += 3) {
      const count = lines * (columns[column] - (columns[column - 1] ?? 0));
      const x = Math.floor(((column + 0.5) * width) / w);
      const y = Math.floor(((row + 0.5) * height) / h);
      for (let k = 0; k < 3; k++) out[to + k] = count > 0 ? sums[to + k] / count : data[3 * (y * width + x) + k];
    }
  }
  return out;
}

/** The pixel before which each cell of an axis ends; a cell without pixels ends where it begins. */
function cellEnds(size: number, cells: number): Int32Array {
  const end = new Int32Array(cells);
  for (let i = 0; i < size; i++) end[Math.floor(((i + 0.5) * cells) / size)] = i + 1;
  for (let cell = 1; cell < cells; cell++) end[cell] = Math.max(end[cell], end[cell - 1]);
  return end;
}

/** Adds up the pixels of cells that end at these rows and columns. @returns `[rows, columns, 3]` */
export type AddCells = (image: RgbImage, rows: Int32Array, columns: Int32Array) => Uint32Array;

const addCells: AddCells = ({ data, width }, rows, columns) => {
  const sums = new Uint32Array(3 * rows.length * columns.length);
  rows.forEach((bottom, row) => {
    for (let y = rows[row - 1] ?? 0; y < bottom; y++) {
      let to = 3 * row * columns.length;
      let s = 3 * y * width;
      for (const end of columns) {
        let [red, green, blue] = [0, 0, 0];
        for (const stop = 3 * (y * width + end); s < stop; s += 3) {
          red += data[s];
          green += data[s + 1];
          blue += data[s + 2];
        }
        sums[to++] += red;
        sums[to++] += green;
        sums[to++] += blue;
      }
    }
  });
  return sums;
};
