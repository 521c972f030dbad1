/**
 * Guided upsampling: values at a smaller size become values at the image's own, with the image's edges. In every window, values
 * are fitted as a linear function of colour; the functions of the windows around a pixel are averaged, interpolated, and applied
 * to the image at its own size.
 * He, Sun & Tang 2010, "Guided Image Filtering"; He & Sun 2015, "Fast Guided Filter".
 */
import type { GuidedOptions } from '@saltworks/contract/options';
import type { RgbImage } from '../image/image.ts';
import { linearRows } from '../image/interpolate.ts';

type Plane = Float32Array;

/** The means and covariances of colour, 0 … 1, in the windows of an image. They depend on the image alone. */
export interface ColourWindows {
  width: number;
  height: number;
  radius: number;
  /** Red, green, blue. */
  colours: Plane[];
  means: Plane[];
  /** The inverse of covariance + ε: rr, rg, rb, gg, gb, bb. */
  inverse: Plane[];
}

/** @param image at the smaller size @param scale its share of the image's own */
export function colourWindows(
  { data, width, height }: RgbImage,
  { radius: wanted, epsilon }: GuidedOptions,
  scale: number,
): ColourWindows {
  const n = width * height;
  const radius = Math.max(1, Math.round(wanted * scale));
  const colours = [0, 1, 2].map((k) => {
    const plane = new Float32Array(n);
    for (let i = 0, o = k; i < n; i++, o += 3) plane[i] = data[o] / 255;
    return plane;
  });
  const across = new Float32Array(n);
  const mean = (plane: Plane) => windowMeans(plane, width, height, radius, across);
  const means = colours.map(mean);
  const both = new Float32Array(n);
  const covariance = (a: number, b: number) => {
    for (let i = 0; i < n; i++) both[i] = colours[a][i] * colours[b][i];
    const out = mean(both);
    for (let i = 0; i < n; i++) out[i] += (a === b ? epsilon : 0) - Math.fround(means[a][i] * means[b][i]);
    return out;
  };
  const inverse = [
    covariance(0, 0),
    covariance(0, 1),
    covariance(0, 2),
    covariance(1, 1),
    covariance(1, 2),
    covariance(2, 2),
  ];
  invert(inverse);
  return { width, height, radius, colours, means, inverse };
}

/** Inverts symmetric matrices, given by their planes rr, rg, rb, gg, gb, bb, in place. */
function invert([rr, rg, rb, gg, gb, bb]: Plane[]): void {
  for (let i = 0; i < rr.length; i++) {
    const first = gg[i] * bb[i] - gb[i] * gb[i];
    const second = rb[i] * gb[i] - rg[i] * bb[i];
    const third = rg[i] * gb[i] - rb[i] * gg[i];
    const share = 1 / (rr[i] * first + rg[i] * second + rb[i] * third);
    const own = rr[i] * bb[i] - rb[i] * rb[i];
    const across = rg[i] * rb[i] - rr[i] * gb[i];
    const last = rr[i] * gg[i] - rg[i] * rg[i];
    rr[i] = share * first;
    rg[i] = share * second;
    rb[i] = share * third;
    gg[i] = share * own;
    gb[i] = share * across;
    bb[i] = share * last;
  }
}

/**
 * The linear functions of all values. Planes are reused from one value to the next: at millions of pixels they are what takes
 * memory.
 *
 * @param values `[n, c]`
 * @returns `[n, c, 4]`: factors of red, green and blue, 0 … 1, and what is added
 */
function guidedCoefficients(
  { width, height, radius, colours, means, inverse }: ColourWindows,
  values: Float32Array,
  c: number,
): Float32Array {
  const n = width * height;
  const out = new Float32Array(4 * n * c);
  const [own, across, middle, ...shared] = Array.from({ length: 6 }, () => new Float32Array(n));
  const mean = (plane: Plane, into: Plane) => windowMeans(plane, width, height, radius, across, into);
  const [rr, rg, rb, gg, gb, bb] = inverse;
  const [mr, mg, mb] = means;
  const [fr, fg, fb] = shared;
  for (let k = 0; k < c; k++) {
    for (let i = 0; i < n; i++) own[i] = values[i * c + k];
    mean(own, middle);
    colours.forEach((colour, j) => {
      for (let i = 0; i < n; i++) own[i] = colour[i] * values[i * c + k];
      mean(own, shared[j]);
    });
    for (let i = 0; i < n; i++) {
      const r = fr[i] - mr[i] * middle[i];
      const g = fg[i] - mg[i] * middle[i];
      const b = fb[i] - mb[i] * middle[i];
      fr[i] = rr[i] * r + rg[i] * g + rb[i] * b;
      fg[i] = rg[i] * r + gg[i] * g + gb[i] * b;
      fb[i] = rb[i] * r + gb[i] * g + bb[i] * b;
      middle[i] -= fr[i] * mr[i] + fg[i] * mg[i] + fb[i] * mb[i];
    }
    [...shared, middle].forEach((plane, j) => {
      mean(plane, own);
      for (let i = 0, o = 4 * k + j; i < n; i++, o += 4 * c) out[o] = own[i];
    });
  }
  return out;
}

/** Values at the image's own size: `rows(y)` returns row y as `[width, c]`, in a buffer that the next call overwrites. */
export function guidedRows(
  windows: ColourWindows,
  values: Float32Array,
  c: number,
  { data, width, height }: RgbImage,
): (y: number) => Float32Array {
  const coefficients = guidedCoefficients(windows, values, c);
  const functions = linearRows(coefficients, windows.height, windows.width, 4 * c, height, width);
  const out = new Float32Array(width * c);
  return (y) => {
    const row = functions(y);
    for (let x = 0, i = 3 * y * width, o = 0; x < width; x++, i += 3) {
      for (let k = 0; k < c; k++, o++) {
        const at = 4 * o;
        const colour = row[at] * data[i] + row[at + 1] * data[i + 1] + row[at + 2] * data[i + 2];
        out[o] = colour / 255 + row[at + 3];
      }
    }
    return out;
  };
}

/**
 * The mean of the (2·radius + 1)² pixels around each; windows end at the border.
 *
 * @param across overwritten @param out returned
 */
export function windowMeans(
  plane: Plane,
  width: number,
  height: number,
  radius: number,
  across: Plane = new Float32Array(plane.length),
  out: Plane = new Float32Array(plane.length),
): Plane {
  for (let y = 0, o = 0; y < height; y++, o += width) {
    let sum = 0;
    for (let x = 0; x < Math.min(radius, width); x++) sum += plane[o + x];
    for (let x = 0; x < width; x++) {
      if (x + radius < width) sum += plane[o + x + radius];
      if (x > radius) sum -= plane[o + x - radius - 1];
      across[o + x] = sum;
    }
  }
  const sums = new Float64Array(width);
  const add = (y: number, sign: number) => {
    for (let x = 0, o = y * width; x < width; x++, o++) sums[x] += sign * across[o];
  };
  const counts = Float64Array.from(
    { length: width },
    (_, x) => Math.min(x + radius, width - 1) - Math.max(x - radius, 0) + 1,
  );
  for (let y = 0; y < Math.min(radius, height); y++) add(y, 1);
  for (let y = 0, o = 0; y < height; y++) {
    if (y + radius < height) add(y + radius, 1);
    if (y > radius) add(y - radius - 1, -1);
    const rows = Math.min(y + radius, height - 1) - Math.max(y - radius, 0) + 1;
    for (let x = 0; x < width; x++, o++) out[o] = sums[x] / (rows * counts[x]);
  }
  return out;
}
