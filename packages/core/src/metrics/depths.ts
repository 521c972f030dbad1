/** How deep pixels lie within their segments. */
import type { Mask } from '../mask/mask.ts';

/**
 * The chessboard distance of every pixel to the nearest pixel of another segment: 1 beside one, also by a corner. What lies beyond the
 * image's border belongs to no segment.
 *
 * @param most deeper pixels get this depth, which is at most 65,535
 */
export function depths({ ids, width, height }: Mask, most = 0xffff): Uint16Array {
  const depth = new Uint16Array(ids.length);
  // Forwards from what was passed: left, and the three above; then backwards from the other four.
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const up = i - width;
      const id = ids[i];
      let least = 0;
      if (
        x > 0 &&
        y > 0 &&
        x < width - 1 &&
        ids[i - 1] === id &&
        ids[up - 1] === id &&
        ids[up] === id &&
        ids[up + 1] === id
      ) {
        least = Math.min(depth[i - 1], depth[up - 1], depth[up], depth[up + 1], most - 1);
      }
      depth[i] = least + 1;
    }
  }
  for (let y = height - 1, i = ids.length - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--, i--) {
      const down = i + width;
      const id = ids[i];
      let least = 0;
      if (
        x > 0 &&
        x < width - 1 &&
        y < height - 1 &&
        ids[i + 1] === id &&
        ids[down - 1] === id &&
        ids[down] === id &&
        ids[down + 1] === id
      ) {
        least = Math.min(depth[i] - 1, depth[i + 1], depth[down - 1], depth[down], depth[down + 1]);
      }
      depth[i] = least + 1;
    }
  }
  return depth;
}
