/** Pictures for people: a mask's colours over the photograph, with contours, and strokes as they were drawn. */
import type { RgbImage } from './image.ts';
import type { Mask } from './mask.ts';
import type { StrokeRaster } from './seeds.ts';

// Okabe & Ito (2008), a palette that colour-blind people can tell apart, then steps around the hue circle.
const palette = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];

/** The colour of the i-th label: the palette first, then hues a golden angle apart. */
function labelColour(i: number): number[] {
  if (i < palette.length) return palette[i];
  const hue = (i * 137.508) % 360;
  return [0, 8, 4].map((n) => {
    const k = (n + hue / 30) % 12;
    return Math.round(255 * (0.55 - 0.4 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  });
}

/** A colour for every id, in the given order; the background (0) is grey. */
export function colours(ids: readonly number[]): Map<number, number[]> {
  const named = ids.filter((id) => id !== 0);
  return new Map([[0, [128, 128, 128]], ...named.map((id, i): [number, number[]] => [id, labelColour(i)])]);
}

/** The mask over its photograph: segments tinted, background dimmed, contours white. */
export function overlayMask(image: RgbImage, { ids }: Mask, palette: Map<number, number[]>, opacity = 0.55): RgbImage {
  const { width, height } = image;
  const data = image.data.slice();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const id = ids[i];
      const edge = (x + 1 < width && ids[i + 1] !== id) || (y + 1 < height && ids[i + width] !== id);
      const colour = edge ? [255, 255, 255] : id === 0 ? [0, 0, 0] : (palette.get(id) ?? [128, 128, 128]);
      const share = edge ? 1 : id === 0 ? 0.35 : opacity;
      for (let k = 0; k < 3; k++) data[3 * i + k] = Math.round((1 - share) * data[3 * i + k] + share * colour[k]);
    }
  }
  return { data, width, height };
}

/** Strokes over their photograph, in the colours of their segments. */
export function overlayStrokes(image: RgbImage, raster: StrokeRaster, palette: Map<number, number[]>): RgbImage {
  const data = image.data.slice();
  raster.owner.forEach((stroke, i) => {
    if (stroke > 0) data.set(palette.get(raster.segments[stroke - 1]) ?? [128, 128, 128], 3 * i);
  });
  return { ...image, data };
}
