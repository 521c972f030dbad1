import { eachRun } from '@saltworks/contract/documents/run-lengths';
import { describe, expect, test } from 'vitest';
import type { Mask } from '../../src/mask/mask.ts';
import { splitByLine } from '../../src/mask/split.ts';

/** A mask of rows of digits. */
const maskOf = (...rows: string[]): Mask => ({
  ids: Uint32Array.from(rows.join(''), Number),
  width: rows[0].length,
  height: rows.length,
});
/** The mask with the pixels of the cut-off side as 9. */
function cut(mask: Mask, segment: number, line: [number, number][]): string[] | undefined {
  const region = splitByLine(mask, segment, line);
  if (!region) return undefined;
  const ids = [...mask.ids];
  eachRun(region, (start, end) => {
    for (let i = start; i < end; i++) {
      expect(ids[i]).toBe(segment);
      ids[i] = 9;
    }
  });
  return Array.from({ length: mask.height }, (_, y) => ids.slice(y * mask.width, (y + 1) * mask.width).join(''));
}

describe('a line', () => {
  const bar = maskOf('00000000', '01111110', '01111110', '01111110', '00000000');

  test('cuts the smaller side off, whichever way it is drawn', () => {
    const after = ['00000000', '01111990', '01111990', '01111990', '00000000'];
    expect(
      cut(bar, 1, [
        [4.4, 0],
        [4.4, 4],
      ]),
    ).toEqual(after);
    expect(
      cut(bar, 1, [
        [4.4, 4],
        [4.4, 0],
      ]),
    ).toEqual(after);
    expect(
      cut(bar, 1, [
        [0, 1.4],
        [7, 1.4],
      ]),
    ).toEqual(['00000000', '09999990', '01111110', '01111110', '00000000']);
  });

  test('that ends within the segment, or misses it, cuts nothing', () => {
    expect(
      cut(bar, 1, [
        [4.4, 0],
        [4.4, 2],
      ]),
    ).toBeUndefined();
    expect(
      cut(bar, 1, [
        [0, 0],
        [7, 0],
      ]),
    ).toBeUndefined();
    expect(cut(bar, 1, [[4.4, 2]])).toBeUndefined();
    expect(
      cut(bar, 0, [
        [2, 2],
        [5, 2],
      ]),
    ).toBeUndefined();
  });

  test('cuts the arm that it crosses, and no other; of two arms, both ends are one side', () => {
    const fork = maskOf('1110111', '1110111', '1110111', '1110111', '1111111', '1111111');
    expect(
      cut(fork, 1, [
        [-1, 1.4],
        [3, 1.4],
      ]),
    ).toEqual(['9990111', '9990111', '1110111', '1110111', '1111111', '1111111']);
    expect(
      cut(fork, 1, [
        [-1, 1.4],
        [7, 1.4],
      ]),
    ).toEqual(['9990999', '9990999', '1110111', '1110111', '1111111', '1111111']);
  });

  test('leaves parts whole that it does not cut', () => {
    const two = maskOf('1111101', '1111101', '1111101', '1111111'.replaceAll('1', '0'));
    expect(
      cut(two, 1, [
        [3.4, -1],
        [3.4, 3],
      ]),
    ).toEqual(['1111901', '1111901', '1111901', '0000000']);
    // It touches the other part at its edge.
    expect(
      cut(two, 1, [
        [3.4, -1],
        [3.4, 3],
        [6.4, 3],
        [6.4, 1],
      ]),
    ).toEqual(['1111901', '1111901', '1111901', '0000000']);
  });

  test('around a place takes the place out', () => {
    const ids = new Uint32Array(400).fill(3);
    const ring = Array.from({ length: 33 }, (_, i): [number, number] => [
      10 + 5 * Math.cos((i * Math.PI) / 16),
      10 + 5 * Math.sin((i * Math.PI) / 16),
    ]);
    const region = splitByLine({ ids, width: 20, height: 20 }, 3, ring)!;
    const inside = new Set<number>();
    eachRun(region, (start, end) => {
      for (let i = start; i < end; i++) inside.add(i);
    });
    for (let i = 0; i < ids.length; i++) {
      const far = Math.hypot((i % 20) - 10, Math.floor(i / 20) - 10);
      // The outline has straight pieces.
      if (far < 4.9) expect(inside.has(i)).toBe(true);
      if (far > 5.05) expect(inside.has(i)).toBe(false);
    }
  });
});
