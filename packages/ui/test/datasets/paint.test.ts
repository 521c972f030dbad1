import { expect, test } from 'vitest';
import { colourOf, paint } from '../../src/datasets/paint.ts';

test('segments get their colours, edges white, the background is clear', () => {
  // Two columns of background, three of segment 258 = 2 + 256 · 1; two rows.
  const width = 5;
  const rgba = new Uint8ClampedArray(4 * width * 2);
  for (let i = 0; i < width * 2; i++) rgba.set(i % width < 2 ? [0, 0, 0, 255] : [2, 1, 0, 255], 4 * i);
  paint(rgba, width);
  const pixel = (x: number) => [...rgba.slice(4 * x, 4 * x + 4)];
  expect(pixel(0)).toEqual([0, 0, 0, 0]);
  expect(pixel(1)).toEqual([255, 255, 255, 230]);
  expect(pixel(3)).toEqual([...colourOf(258), 150]);
  // The end of a line is no edge.
  expect(pixel(4)).toEqual([...colourOf(258), 150]);
});
