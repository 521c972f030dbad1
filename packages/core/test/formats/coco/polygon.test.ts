import { expect, test } from 'vitest';
import { polygonRuns } from '../../../src/formats/coco/polygon.ts';
import { compressCounts } from '../../../src/formats/coco/rle.ts';
import { goldenJson, random } from '../../golden.ts';
import { pixelsOf } from './pixels-of.ts';

interface Golden {
  polygons: { width: number; height: number; polygon: number[]; counts: string }[];
}

test('polygons cover the same pixels as in pycocotools', () => {
  for (const { width, height, polygon, counts } of (goldenJson('polygons.json') as Golden).polygons) {
    expect(compressCounts(polygonRuns(polygon, width, height)), JSON.stringify(polygon)).toBe(counts);
  }
});

test('a polygon along pixel borders covers the pixels inside', () => {
  const next = random(3);
  for (let k = 0; k < 50; k++) {
    const [width, height] = [20, 15];
    const [x, y] = [Math.floor(next() * 10), Math.floor(next() * 8)];
    const [w, h] = [1 + Math.floor(next() * 9), 1 + Math.floor(next() * 6)];
    const corners = [x, y, x + w, y, x + w, y + h, x, y + h];
    const set = pixelsOf(polygonRuns(corners, width, height), width, height);
    for (let i = 0; i < set.length; i++) {
      const [px, py] = [i % width, Math.floor(i / width)];
      expect(set[i]).toBe(px >= x && px < x + w && py >= y && py < y + h ? 1 : 0);
    }
  }
});
