import { expect, test } from 'vitest';
import type { Mask } from '../../src/mask/mask.ts';
import { bandAreas, bandWidth, boundaryIou, innerBands } from '../../src/metrics/boundary.ts';
import { randomMask } from './random-mask.ts';

test.each([
  [640, 480, 16],
  [481, 321, 12],
  [100, 75, 2],
  [105, 140, 4],
  [3, 4, 1],
])('the band of %i × %i pixels is %i wide: halves round to even, and none is thinner than 1', (width, height, band) => {
  expect(bandWidth({ width, height })).toBe(band);
});

/** Erodes one segment again and again; beyond the border lies no segment. */
function eroded({ ids, width, height }: Mask, id: number, times: number): Set<number> {
  let left = new Set([...ids.keys()].filter((i) => ids[i] === id));
  for (let step = 0; step < times; step++) {
    left = new Set(
      [...left].filter((i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        for (let dy = -1; dy <= 1; dy++)
          for (let dx = -1; dx <= 1; dx++) {
            const [u, v] = [x + dx, y + dy];
            if (u < 0 || v < 0 || u >= width || v >= height || !left.has(v * width + u)) return false;
          }
        return true;
      }),
    );
  }
  return left;
}

test.each([1, 2, 4])('a band of %i pixels is what as many erosions take away', (band) => {
  const blocks = randomMask(17, 13, 3);
  const large: Mask = { ids: blocks.ids.map((_, i) => Number(i % 17 > 3 && i > 40)), width: 17, height: 13 };
  for (const mask of [blocks, large]) {
    const { ids } = innerBands(mask, band);
    for (const id of new Set(mask.ids)) {
      const rest = eroded(mask, id, band);
      const expected = [...mask.ids.keys()].filter((i) => mask.ids[i] === id && !rest.has(i));
      expect([...ids.keys()].filter((i) => ids[i] === id)).toEqual(expected);
    }
  }
});

test('a segment whose band is ignored wholly in both masks scores 1', () => {
  const mask = randomMask(9, 9, 2);
  const areas = bandAreas(mask, mask, new Uint8Array(81).fill(1));
  expect(boundaryIou(areas, 1, 1)).toBe(1);
});
