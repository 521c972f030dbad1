import { describe, expect, test } from 'vitest';
import type { Mask } from '../../src/mask/mask.ts';
import { absorbSmallParts, partsOf } from '../../src/refine/parts.ts';
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

describe('parts', () => {
  test('touch by sides, not by corners, and are numbered by their first pixels', () => {
    const { of, areas, ids } = partsOf(maskOf('112', '221', '111'));
    expect([...of]).toEqual([0, 0, 1, 2, 2, 3, 3, 3, 3]);
    expect([...areas]).toEqual([2, 1, 2, 4]);
    expect([...ids]).toEqual([1, 2, 2, 1]);
  });

  test('that meet late are one', () => {
    expect([...partsOf(maskOf('10101', '10101', '11111')).areas]).toEqual([11, 2, 2]);
  });

  test('are as a flood fill finds them', () => {
    const mask = noise(23, 17, 2);
    const { of } = partsOf(mask);
    const found = new Int32Array(of.length).fill(-1);
    let count = 0;
    for (let start = 0; start < of.length; start++) {
      if (found[start] >= 0) continue;
      const open = [start];
      found[start] = count;
      for (let i = open.pop(); i !== undefined; i = open.pop()) {
        const x = i % mask.width;
        const sides = [x > 0 && i - 1, x + 1 < mask.width && i + 1, i - mask.width, i + mask.width];
        for (const j of sides) {
          if (j === false || j < 0 || j >= of.length || found[j] >= 0 || mask.ids[j] !== mask.ids[i]) continue;
          found[j] = count;
          open.push(j);
        }
      }
      count++;
    }
    expect(of).toEqual(found);
  });
});

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

  test('without any noise do not change, and a second time changes nothing that a first one settled', () => {
    const mask = noise(40, 30, 3);
    absorbSmallParts(mask, 1);
    const once = mask.ids.slice();
    absorbSmallParts(mask, 1e-3);
    expect(mask.ids).toEqual(once);
  });
});
