import { describe, expect, test } from 'vitest';
import type { Mask } from '../../src/mask/mask.ts';
import { partsOf } from '../../src/mask/parts.ts';
import { random } from '../golden.ts';

/** A mask of rows of digits. */
const maskOf = (...rows: string[]): Mask => ({
  ids: Uint32Array.from(rows.join(''), Number),
  width: rows[0].length,
  height: rows.length,
});
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
