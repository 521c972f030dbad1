import { describe, expect, test } from 'vitest';
import type { Mask } from '../../src/mask/mask.ts';
import { absorbSmallParts } from '../../src/refine/small-parts.ts';
import { random } from '../golden.ts';

/** A mask of rows of digits. */
const maskOf = (...rows: string[]): Mask => ({
  ids: Uint32Array.from(rows.join(''), Number),
  width: rows[0].length,
  height: rows.length,
});
const rowsOf = ({ ids, width, height }: Mask): string[] =>
  Array.from({ length: height }, (_, y) => ids.subarray(y * width, (y + 1) * width).join(''));
const absorbed = (rows: string[], share: number, held?: number[]): string[] => {
  const mask = maskOf(...rows);
  absorbSmallParts(mask, share, held && Int32Array.from(held));
  return rowsOf(mask);
};

function noise(width: number, height: number, labels: number): Mask {
  const next = random(labels);
  return { ids: Uint32Array.from({ length: width * height }, () => Math.floor(labels * next())), width, height };
}

describe('small parts', () => {
  const speckled = ['111111', '121111', '111222', '111222'];

  test('join what lies around them', () => {
    expect(absorbed(speckled, 0.2)).toEqual(['111111', '111111', '111222', '111222']);
  });

  test('stay if they are large beside their segment’s largest', () => {
    expect(absorbed(speckled, 0.1)).toEqual(speckled);
    expect(absorbed(speckled, 0)).toEqual(speckled);
  });

  test('stay under a stroke', () => {
    expect(absorbed(speckled, 0.2, [7])).toEqual(speckled);
    expect(absorbed(speckled, 0.2, [8])).not.toEqual(speckled);
  });

  test('join the neighbour with the longest border', () => {
    expect(absorbed(['111222', '113222', '111222', '333333'], 0.5)).toEqual(['111222', '111222', '111222', '333333']);
  });

  test('that lie within each other are judged from the smallest on, and go together', () => {
    const nested = ['11111111', '12221111', '12321111', '12221111', '11111111', '22222222', '22222222', '33333333'];
    expect(absorbed(nested, 0.6)).toEqual([...Array(5).fill('11111111'), ...nested.slice(5)]);
  });

  test('that were all absorbed leave nothing to absorb', () => {
    const mask = noise(40, 30, 3);
    absorbSmallParts(mask, 1);
    const once = mask.ids.slice();
    absorbSmallParts(mask, 1e-3);
    expect(mask.ids).toEqual(once);
  });
});
