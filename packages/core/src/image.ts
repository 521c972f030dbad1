/**
 * Images as 8-bit RGB, and what happens to one before a backbone sees it: EXIF orientation, resize, normalise.
 *
 * Notation here and elsewhere: width × height in pixels; p the patch size; h × w the patch grid (rows × columns).
 */
import { InvalidInputError } from './errors.ts';

/** 8-bit sRGB, interleaved r g b, row-major from the top left: `data.length` = 3 · width · height. */
export interface RgbImage {
  data: Uint8Array;
  width: number;
  height: number;
}

/**
 * Applies an EXIF orientation so that the image is upright.
 *
 * @param orientation 1–8 as in the EXIF specification (tag 0x0112); anything else is taken as 1, as viewers do
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
 * The size at which a backbone sees an image: the long side becomes `longSide` (`native`: keeps its length), the other
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
 * Bicubic resize (Keys' kernel, a = −0.5), widened when shrinking so that it also filters what the new size cannot
 * hold; half-pixel centres, taps outside the image dropped and the rest renormalised. Separable, one axis after the other,
 * rounded to 8 bits between the two: the rule of Pillow's `Image.resize(size, BICUBIC)`.
 */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  if (!(width > 0 && height > 0)) throw new InvalidInputError(`size ${width} × ${height}; expected at least 1 × 1`);
  if (width === image.width && height === image.height) return image;
  const rows = ({ data, width: from, height }: RgbImage): RgbImage =>
    from === width ? { data, width, height } : { data: resizeRows(data, from, height, width), width, height };
  const columns = ({ data, width, height: from }: RgbImage): RgbImage =>
    from === height ? { data, width, height } : { data: resizeColumns(data, width, from, height), width, height };
  // Where only the height shrinks, shrinking first leaves less to stretch.
  const columnsFirst = width > image.width && height < image.height;
  return columnsFirst ? rows(columns(image)) : columns(rows(image));
}

/** The taps of every output position: `weights[i·taps + k]` applies to input `first[i] + k`. */
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

/** The image seen from (dx, dy): pixel (x, y) of the result is (x + dx, y + dy), clamped at the border. */
export function shiftImage({ data, width, height }: RgbImage, dx: number, dy: number): RgbImage {
  const clamp = (v: number, size: number) => Math.min(Math.max(v, 0), size - 1);
  const out = new Uint8Array(data.length);
  for (let y = 0, o = 0; y < height; y++) {
    const row = clamp(y + dy, height) * width;
    for (let x = 0; x < width; x++, o += 3) {
      const s = 3 * (row + clamp(x + dx, width));
      out[o] = data[s];
      out[o + 1] = data[s + 1];
      out[o + 2] = data[s + 2];
    }
  }
  return { data: out, width, height };
}

/**
 * Scales 8-bit RGB to the range a backbone was trained on: (value / 255 − mean) / std per channel.
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
 * The mean colour of every cell of an h × w grid; pixel (x, y) belongs to column ⌊(x + ½)·w / width⌋ and row
 * ⌊(y + ½)·h / height⌋. A cell that holds no pixel centre takes the pixel under its own centre.
 *
 * @returns `[h·w, 3]`, row-major, 0 … 255
 */
export function cellColours({ data, width, height }: RgbImage, h: number, w: number): Float32Array {
  const sum = new Float64Array(3 * h * w);
  const count = new Uint32Array(h * w);
  // Where each column of cells ends: the cells of a row of pixels are runs of them.
  const end = new Int32Array(w);
  for (let x = 0; x < width; x++) end[Math.floor(((x + 0.5) * w) / width)] = x + 1;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * h) / height) * w;
    for (let column = 0, x = 0; column < w; column++) {
      const pixels = end[column] - x;
      if (pixels <= 0) continue;
      let red = 0;
      let green = 0;
      let blue = 0;
      const stop = 3 * (y * width + end[column]);
      for (let s = 3 * (y * width + x); s < stop; s += 3) {
        red += data[s];
        green += data[s + 1];
        blue += data[s + 2];
      }
      const to = 3 * (row + column);
      sum[to] += red;
      sum[to + 1] += green;
      sum[to + 2] += blue;
      count[row + column] += pixels;
      x = end[column];
    }
  }
  for (let cell = 0; cell < count.length; cell++) {
    if (count[cell] > 0) continue;
    const x = Math.floor((((cell % w) + 0.5) * width) / w);
    const y = Math.floor(((Math.floor(cell / w) + 0.5) * height) / h);
    count[cell] = 1;
    for (let k = 0; k < 3; k++) sum[3 * cell + k] = data[3 * (y * width + x) + k];
  }
  return Float32Array.from(sum, (value, i) => value / count[Math.floor(i / 3)]);
}
