/**
 * The 8-bit view of images of more than 8 bits (docs/inputs.md): a window chooses the values that become black and white.
 * Files store sensors of 10 to 14 bits in 16 and measurements as floats; without a window such images would be black.
 */
import type { ValueWindow } from '@saltworks/core/image/image';

/** `[height, width, channels]`, row-major, of the types that libvips hands out. */
export type Samples = Uint16Array | Float32Array;

export interface DeepImage {
  data: Samples;
  width: number;
  height: number;
  /** 1 or 3 colours, and perhaps alpha last. */
  channels: number;
  /** The range of the samples' type; 0 … 1 for floats. */
  scale: ValueWindow;
}

/** Share of values that the window leaves out at either end: dead and hot pixels. */
const outliers = 0.001;

/**
 * Finds the window of an image: the values that it uses, all colours together, less one in a thousand at either end.
 * Transparent pixels, NaN and infinities do not count.
 *
 * @returns undefined for an image that uses half of its scale or more, which is an ordinary image of 16 bits, and for one of a single value
 */
export function findWindow(image: DeepImage): ValueWindow | undefined {
  const { scale } = image;
  const { count, at } = image.data instanceof Uint16Array ? tally(image, image.data) : sort(image);
  if (count === 0) return undefined;
  const cut = Math.floor(count * outliers);
  let [low, high] = [at(cut), at(count - 1 - cut)];
  // A few values differ from all others: they are all that can be seen.
  if (low === high) [low, high] = [at(0), at(count - 1)];
  const within = low >= scale.low && high <= scale.high;
  return low === high || (within && high - low >= (scale.high - scale.low) / 2) ? undefined : { low, high };
}

/** Values by rank, ascending. */
interface Ranked {
  count: number;
  at(rank: number): number;
}

/** Counts 16-bit values: sorting a hundred million would take too long. */
function tally(image: DeepImage, data: Uint16Array): Ranked {
  const counts = new Uint32Array(2 ** 16);
  eachColour(image, (i) => counts[data[i]]++);
  return {
    count: counts.reduce((sum, n) => sum + n, 0),
    at(rank) {
      let value = 0;
      for (let rest = rank; rest >= counts[value]; value++) rest -= counts[value];
      return value;
    },
  };
}

function sort(image: DeepImage): Ranked {
  const { data } = image;
  const values = data.slice();
  let count = 0;
  eachColour(image, (i) => {
    if (Number.isFinite(data[i])) values[count++] = data[i];
  });
  const sorted = values.subarray(0, count).sort();
  return { count, at: (rank) => sorted[rank] };
}

/** Calls `see` with the index of each colour of each pixel that is not fully transparent. */
function eachColour({ data, channels }: DeepImage, see: (index: number) => void): void {
  const colours = channels > 2 ? 3 : 1;
  for (let i = 0; i < data.length; i += channels) {
    if (channels > colours && !(data[i + colours] > 0)) continue;
    for (let c = i; c < i + colours; c++) see(c);
  }
}

/**
 * Views an image through a window, as 8-bit RGB; alpha over white. NaN, where nothing was measured, counts as `low`.
 *
 * @returns `[height, width, 3]`, row-major
 */
export function applyWindow({ data, channels, scale }: DeepImage, { low, high }: ValueWindow): Uint8Array {
  const colours = channels > 2 ? 3 : 1;
  const hasAlpha = channels > colours;
  const pixels = data.length / channels;
  const out = new Uint8ClampedArray(3 * pixels);
  const factor = 255 / (high - low);
  for (let p = 0, i = 0, o = 0; p < pixels; p++, i += channels, o += 3) {
    const share = hasAlpha ? Math.min(Math.max(data[i + colours] / scale.high, 0), 1) : 1;
    for (let k = 0; k < 3; k++) {
      const value = (data[i + (colours === 3 ? k : 0)] - low) * factor;
      const seen = value > 0 ? Math.min(value, 255) : 0;
      out[o + k] = Math.floor(255 + (seen - 255) * share + 0.5);
    }
  }
  return new Uint8Array(out.buffer);
}
