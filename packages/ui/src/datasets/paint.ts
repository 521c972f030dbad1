/** Segments in colours. */
import { parseColour, type Rgb } from '../annotate/colours.ts';
import { palette } from '../campaigns/categories.ts';

const colours: Rgb[] = palette.map(parseColour);

/** Colour of a segment; the background, 0, is clear. */
export const colourOf = (segment: number): Rgb => colours[(segment - 1) % colours.length];

/**
 * Segment ids (R + 256·G + 65536·B) to colours, in place; edges between segments in white.
 *
 * @param rgba width × height × 4, row-major
 */
export function paint(rgba: Uint8ClampedArray, width: number): void {
  const pixels = rgba.length / 4;
  const ids = new Uint32Array(pixels);
  for (let i = 0, o = 0; i < pixels; i++, o += 4) ids[i] = rgba[o] + 256 * rgba[o + 1] + 65_536 * rgba[o + 2];
  for (let i = 0; i < pixels; i++) {
    const id = ids[i];
    const right = (i + 1) % width === 0 ? id : ids[i + 1];
    const below = i + width < pixels ? ids[i + width] : id;
    const edge = right !== id || below !== id;
    rgba.set(edge ? [255, 255, 255] : id === 0 ? [0, 0, 0] : colourOf(id), 4 * i);
    rgba[4 * i + 3] = edge ? 230 : id === 0 ? 0 : 150;
  }
}
