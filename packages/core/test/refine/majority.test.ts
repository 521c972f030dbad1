import { describe, expect, test } from 'vitest';
import type { Mask } from '../../src/mask/mask.ts';
import { outlineLengths } from '../../src/metrics/contour.ts';
import { takeMajority } from '../../src/refine/majority.ts';
import { random } from '../golden.ts';
import { randomMask } from '../metrics/random-mask.ts';

/** A mask of rows of digits. */
const maskOf = (...rows: string[]): Mask => ({
  ids: Uint32Array.from(rows.join(''), Number),
  width: rows[0].length,
  height: rows.length,
});
const smoothed = (rows: string[], times = 1): string[] => {
  const { ids, width } = takeMajority(maskOf(...rows), times);
  return rows.map((_, y) => ids.subarray(y * width, (y + 1) * width).join(''));
};

describe('the majority', () => {
  test('takes single pixels and the thin lines away', () => {
    expect(smoothed(['111111', '131111', '111111'])).toEqual(['111111', '111111', '111111']);
    expect(smoothed(['1111111', '1111112', '1112222', '1111112', '1111111'])[2]).toBe('1111122');
  });

  test('leaves straight edges and right angles alone', () => {
    const upright = Array<string>(6).fill('111222');
    const corner = ['111111', '111111', '111111', '111222', '111222', '111222'];
    for (const times of [1, 5]) {
      expect(smoothed(upright, times)).toEqual(upright);
      expect(smoothed(corner, times)).toEqual(corner);
    }
  });

  test('is the pixel’s own id on a tie, else the first in reading order', () => {
    expect(smoothed(['12'])).toEqual(['12']);
    expect(smoothed(['222', '213', '333'])[1][1]).toBe('2');
    expect(smoothed(['333', '312', '222'])[1][1]).toBe('3');
  });

  test('is what counting says', () => {
    for (let seed = 0; seed < 20; seed++) {
      const mask = randomMask(5 + seed, 25 - seed, 4, seed);
      const { ids, width } = mask;
      takeMajority(mask, 1).ids.forEach((id, i) => {
        const across = (j: number) => Math.abs((j % width) - (i % width));
        const down = (j: number) => Math.abs(Math.floor(j / width) - Math.floor(i / width));
        const near = [...ids.keys()].filter((j) => across(j) <= 1 && down(j) <= 1);
        const count = (wanted: number) => near.filter((j) => ids[j] === wanted).length;
        const most = Math.max(...near.map((j) => count(ids[j])));
        const onOutline = near.some((j) => across(j) + down(j) === 1 && ids[j] !== ids[i]);
        const changes = onOutline && count(ids[i]) <= 3 && count(ids[i]) < most;
        if (changes) expect(count(id)).toBe(most);
        else expect(id).toBe(ids[i]);
      });
    }
  });

  test('makes frayed outlines shorter, and takes no id that was not there', () => {
    const next = random(2);
    const edge = (i: number) => Number((i % 60) + 4 * (next() - 0.5) > 30);
    const mask: Mask = { ids: Uint32Array.from({ length: 3600 }, (_, i) => edge(i)), width: 60, height: 60 };
    const [once, twice] = [takeMajority(mask, 1), takeMajority(mask, 2)];
    const length = (of: Mask) => outlineLengths(of).get(1)!;
    expect(length(once)).toBeLessThan(0.9 * length(mask));
    expect(length(twice)).toBeLessThan(length(once));
    expect(new Set(twice.ids)).toEqual(new Set(mask.ids));
  });
});
