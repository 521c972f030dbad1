import { describe, expect, test } from 'vitest';
import { compressCounts, encodeRuns, expandCounts } from '../../../src/formats/coco/rle.ts';
import type { Mask } from '../../../src/mask/mask.ts';
import { random } from '../../golden.ts';
import { blotchy, drawn } from '../export-images.ts';
import { pixelsOf } from './pixels-of.ts';

const binary = ({ ids }: Mask, id: number) => Uint8Array.from(ids, (value) => (value === id ? 1 : 0));

describe('run lengths', () => {
  test('go down the columns, zeros first', () => {
    const mask = drawn('.1.', '11.');
    expect(encodeRuns(mask).get(1)).toEqual([1, 3, 2]);
    expect(encodeRuns(drawn('11', '1.')).get(1)).toEqual([0, 3, 1]);
    expect(encodeRuns(drawn('..', '.1')).get(1)).toEqual([3, 1]);
    expect(encodeRuns(drawn('11', '11')).get(1)).toEqual([0, 4]);
    expect(encodeRuns(drawn('12', '21'))).toEqual(
      new Map([
        [1, [0, 1, 2, 1]],
        [2, [1, 2, 1]],
      ]),
    );
  });
  test('an empty mask has none', () => {
    expect(encodeRuns(drawn('...', '...'))).toEqual(new Map());
  });
  test('restore every segment of random masks', () => {
    for (let seed = 0; seed < 40; seed++) {
      const mask = blotchy(1 + (seed % 9), 1 + ((seed * 7) % 11), [0, 1, 255, 256, 0xffffff], seed);
      const runs = encodeRuns(mask);
      expect([...runs.keys()].sort()).toEqual([...new Set(mask.ids)].filter((id) => id > 0).sort());
      for (const [id, counts] of runs) {
        expect(pixelsOf(counts, mask.width, mask.height)).toEqual(binary(mask, id));
        expect(expandCounts(compressCounts(counts))).toEqual(counts);
      }
    }
  });
});

describe('compressed counts', () => {
  test('equal those of pycocotools', () => {
    // Closed forms: 48 + value below 16; two groups from 16 on; differences from the fourth count on.
    expect(compressCounts([0, 4])).toBe('04');
    expect(compressCounts([15, 16])).toBe('?`0');
    expect(compressCounts([0, 1, 2, 1])).toBe('0120');
    expect(compressCounts([6, 1, 40, 4, 5, 4, 5, 4, 21])).toBe('61X13mN000`0');
  });
  test('are read back', () => {
    const next = random(1);
    for (let round = 0; round < 200; round++) {
      const counts = Array.from({ length: 1 + Math.floor(next() * 9) }, () => Math.floor(2 ** (next() * 30)));
      expect(expandCounts(compressCounts(counts))).toEqual(counts);
    }
    for (const edge of [0, 1, 15, 16, 17, 511, 512, 16383, 16384, 2 ** 30, 2 ** 31 - 1]) {
      expect(expandCounts(compressCounts([edge, 0, 1, edge, 5, 0]))).toEqual([edge, 0, 1, edge, 5, 0]);
    }
  });
  test('of other characters, or cut off, are refused', () => {
    expect(() => expandCounts('0/1')).toThrow('character 1 of compressed counts is "/"');
    expect(() => expandCounts('0p')).toThrow('character 1');
    expect(() => expandCounts('oooooooooo0')).toThrow('character 7');
    expect(() => expandCounts('0`')).toThrow('end within a count');
  });
});
