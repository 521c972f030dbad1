/** Colours of cells, by kernels: the twin of `cellColours` in image.ts. */

import type { Arena } from '../../arena/arena.ts';
import { type AddCells, cellColours, type RgbImage } from '../image.ts';

/** The same as `cellColours`. Takes the memory of one row of cells while it works. */
export function fastCellColours(arena: Arena, image: RgbImage, h: number, w: number): Float32Array {
  const add: AddCells = ({ data, width, height }, rows, columns) => {
    const mark = arena.mark();
    const ends = arena.put(columns);
    const line = arena.reserve(6 * width + 32);
    const out = arena.reserve(12 * w);
    const pixels = arena.reserve(3 * width * Math.ceil(height / h + 1));
    const sums = new Uint32Array(3 * h * w);
    for (let row = 0, y = 0; row < h; y = rows[row++]) {
      const lines = data.subarray(3 * y * width, 3 * rows[row] * width);
      arena.bytes(pixels, lines.length).set(lines);
      arena.kernels.addCells(pixels, rows[row] - y, width, ends, w, line, out);
      sums.set(arena.integers(out, 3 * w), 3 * row * w);
    }
    arena.release(mark);
    return sums;
  };
  return cellColours(image, h, w, add);
}
