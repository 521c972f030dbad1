import { expect, test } from 'vitest';
import { vocColour } from '../../src/formats/colour-map.ts';

test('the colour map is the one of the devkit', () => {
  // The first classes and the void, as the VOC 2012 devkit lists them.
  expect([0, 1, 2, 3, 4, 8, 15, 20, 255].map(vocColour)).toEqual([
    [0, 0, 0],
    [128, 0, 0],
    [0, 128, 0],
    [128, 128, 0],
    [0, 0, 128],
    [64, 0, 0],
    [192, 128, 128],
    [0, 64, 128],
    [224, 224, 192],
  ]);
  expect(new Set(Array.from({ length: 5000 }, (_, i) => String(vocColour(i)))).size).toBe(5000);
});
