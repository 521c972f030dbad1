/** Overlays as pixels: red, green, blue, alpha from the lowest byte up. */
import type { Rgb } from '@saltworks/core/screen/oklch';

/** How opaque the colours of labels are, of 255. */
export const labelAlpha = 170;

/** Between the lines of a hatched segment. */
const hatchAlpha = 50;

/** ImageData wants bytes in the order R, G, B, A; every machine that runs browsers is little-endian. */
const pixel = ([r, g, b]: readonly number[], alpha: number): number => ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;

interface LabelLook {
  colours: ReadonlyMap<number, Rgb>;
  /** White edges between segments. */
  contours: boolean;
  /** Stripes where there is no segment: they look like no colour of one. */
  unlabelled?: boolean;
  /** Segments that are transparent. */
  hidden?: ReadonlySet<number>;
  /** Segments that are hatched: nobody has said yet that they are right. */
  waiting?: ReadonlySet<number>;
}

/** Labels in their segments' colours, one pixel each; the background is transparent, unless it is marked. */
export function labelPixels(
  { ids, width, height }: { ids: Uint32Array; width: number; height: number },
  { colours, contours, unlabelled, hidden, waiting }: LabelLook,
): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(width * height);
  const edge = pixel([255, 255, 255], 255);
  const stripes = [pixel([255, 225, 60], 255), pixel([20, 20, 20], 255)];
  // As broad on a grid of nodes as on pixels.
  const stripe = Math.max(1, width >> 6);
  const hatch = Math.max(1, width >> 7);
  // Neighbours mostly share a segment: look its colour up once.
  let last = 0;
  let colour = 0;
  /** The other colour of its hatching; 0: it has none. */
  let pale = 0;
  for (let y = 0, i = 0; y < height; y++) {
    const below = y + 1 < height ? width : 0;
    for (let x = 1; x <= width; x++, i++) {
      const id = ids[i];
      if (id !== last) {
        last = id;
        // The background stays transparent.
        const own = colours.get(id) ?? [128, 128, 128];
        colour = id === 0 || hidden?.has(id) ? 0 : pixel(own, labelAlpha);
        pale = colour !== 0 && waiting?.has(id) ? pixel(own, hatchAlpha) : 0;
      }
      if (contours && ((x < width && ids[i + 1] !== id) || ids[i + below] !== id)) out[i] = edge;
      else if (id === 0 && unlabelled) out[i] = stripes[Math.floor((x + y) / stripe) & 1];
      else out[i] = pale !== 0 && Math.floor((x + y) / hatch) & 1 ? pale : colour;
    }
  }
  return out;
}

/** Bright where margins are small, else transparent. @param margins 0 … 1 */
export const doubtPixels = (margins: Float32Array): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(margins, (margin) => {
    const doubt = 1 - Math.min(1, Math.max(0, margin));
    return pixel([255, Math.round(220 * doubt), 0], Math.round(230 * doubt));
  });

/** Bright where likeness is high, dark where it is low. @param values −1 … 1 */
export const likenessPixels = (values: Float32Array): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(values, (value) => {
    const share = Math.min(1, Math.max(0, value));
    return pixel(ramp(share), Math.round(210 - 60 * share));
  });

/** A ramp from dark blue over magenta to yellow; lightness grows all the way, so it also reads in greyscale. */
const stops = [
  [8, 8, 40],
  [76, 18, 110],
  [182, 50, 110],
  [250, 130, 60],
  [252, 240, 150],
];

function ramp(value: number): number[] {
  const at = value * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  return stops[low].map((from, k) => Math.round(from + (at - low) * (stops[low + 1][k] - from)));
}
