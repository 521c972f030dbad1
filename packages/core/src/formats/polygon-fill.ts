/** The pixels whose centres polygons enclose. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Run } from './paint.ts';

/** Borders that all rows together may cross: a hostile polygon runs up and down the picture a million times. */
const maxCrossings = 3e7;

/**
 * Fills rings by the even-odd rule, so that a ring within another is a hole. Pixel (x, y) spans x … x + 1 and y … y + 1. Takes
 * time in proportion to the rows that sides cross.
 *
 * @param rings corners x₀ y₀ x₁ y₁ … each, finite
 * @throws InvalidInputError for more sides than any drawing has
 */
export function fillPolygon(
  rings: readonly (readonly number[])[],
  { width, height }: { width: number; height: number },
  run: Run,
): void {
  const rows = new Map<number, number[]>();
  let count = 0;
  for (const ring of rings) {
    const corners = ring.length >> 1;
    for (let k = 0, last = corners - 1; k < corners; last = k++) {
      let [x0, y0, x1, y1] = [ring[2 * last], ring[2 * last + 1], ring[2 * k], ring[2 * k + 1]];
      // From the same end whichever way the side runs, so that neighbours that share it share no pixel.
      if (y0 > y1) [x0, y0, x1, y1] = [x1, y1, x0, y0];
      const from = Math.max(Math.ceil(y0 - 0.5), 0);
      const to = Math.min(Math.ceil(y1 - 0.5), height);
      if (to <= from) continue;
      count += to - from;
      if (count > maxCrossings) throw new InvalidInputError('more sides than a drawing has');
      const slope = (x1 - x0) / (y1 - y0);
      for (let y = from; y < to; y++) {
        const x = x0 + (y + 0.5 - y0) * slope;
        const column = Math.min(Math.max(Math.ceil(x - 0.5), 0), width);
        const row = rows.get(y);
        if (row) row.push(column);
        else rows.set(y, [column]);
      }
    }
  }
  for (const [y, columns] of rows) {
    columns.sort((a, b) => a - b);
    for (let k = 0; k + 1 < columns.length; k += 2) {
      if (columns[k] < columns[k + 1]) run(y * width + columns[k], y * width + columns[k + 1]);
    }
  }
}
