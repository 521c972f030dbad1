/** Pictures for people: a mask or strokes over the image. */
import type { RgbImage } from '../image/image.ts';
import type { Mask } from '../mask/mask.ts';
import type { StrokeRaster } from '../seeds/seeds.ts';

/** The mask over its image: segments tinted, background dimmed, contours white. */
export function overlayMask(
  image: RgbImage,
  { ids }: Mask,
  palette: ReadonlyMap<number, readonly number[]>,
  opacity = 0.55,
): RgbImage {
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

/** Strokes over their image, in the colours of their segments. */
export function overlayStrokes(
  image: RgbImage,
  raster: StrokeRaster,
  palette: ReadonlyMap<number, readonly number[]>,
): RgbImage {
  const data = image.data.slice();
  raster.owner.forEach((stroke, i) => {
    if (stroke > 0) data.set(palette.get(raster.segments[stroke - 1]) ?? [128, 128, 128], 3 * i);
  });
  return { ...image, data };
}
