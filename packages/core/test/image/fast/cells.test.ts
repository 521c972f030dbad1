import { expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import { fastCellColours } from '../../../src/image/fast/cells.ts';
import { cellColours } from '../../../src/image/image.ts';
import { random } from '../../golden.ts';

test.each([
  // Width, height, and the grid's rows and columns.
  [64, 48, 6, 8],
  [37, 29, 5, 7],
  [5, 3, 1, 1],
  // Cells without pixels.
  [4, 3, 7, 9],
  // More rows in a cell than 16 bits can sum.
  [3, 1100, 2, 1],
])('colours of %i × %i pixels in %i × %i cells equal the twin’s', (width, height, h, w) => {
  const next = random(width);
  const data = Uint8Array.from({ length: 3 * width * height }, () => (next() < 0.5 ? 255 : 256 * next()));
  const image = { data, width, height };
  const arena = new Arena();
  const plain = cellColours(image, h, w);
  expect(fastCellColours(arena, image, h, w)).toEqual(plain);
  expect(Math.max(...plain)).toBeLessThanOrEqual(255);
});
