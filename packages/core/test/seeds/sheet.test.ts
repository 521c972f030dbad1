import { encodeRegion } from '@saltworks/contract/documents/run-lengths';
import type { Lock, Stroke } from '@saltworks/contract/documents/scribbles';
import { describe, expect, test } from 'vitest';
import { visitStroke } from '../../src/seeds/paint.ts';
import { cellWinners, drawnLabels, rasterise, seedNodes } from '../../src/seeds/seeds.ts';
import { relabelled, type StrokeRaster, StrokeSheet } from '../../src/seeds/sheet.ts';
import { random } from '../golden.ts';
import { randomStrokes } from './random-strokes.ts';

const image = { width: 23, height: 17 };
const covered = (stroke: Partial<Stroke>, size = image): string[] => {
  const pixels = Array.from({ length: size.height }, () => new Array<string>(size.width).fill('.'));
  visitStroke({ segment: 1, points: [], radius: 0, ...stroke }, size, (y, left, right) => {
    pixels[y].fill('#', left, right + 1);
  });
  return pixels.map((row) => row.join(''));
};
const polygon = (...points: [number, number][]) => ({ polygon: true, points });

describe('a polygon', () => {
  test('covers what it encloses, and the pixels on its outline', () => {
    const size = { width: 6, height: 5 };
    expect(covered(polygon([1, 1], [4, 1], [4, 3], [1, 3]), size)).toEqual([
      '......',
      '.####.',
      '.####.',
      '.####.',
      '......',
    ]);
    expect(covered(polygon([0, 0], [4, 4], [0, 4]), size)).toEqual(['#.....', '##....', '###...', '####..', '#####.']);
  });

  test('that crosses itself covers both of its loops, and one that winds back leaves a hole', () => {
    const size = { width: 7, height: 7 };
    // A bow tie: its loops wind in opposite directions.
    expect(covered(polygon([0, 0], [6, 6], [6, 0], [0, 6]), size).map((row) => row.replaceAll('.', ' '))).toEqual([
      '#     #',
      '##   ##',
      '### ###',
      '#######',
      '### ###',
      '##   ##',
      '#     #',
    ]);
    const ring = polygon([0, 0], [6, 0], [6, 6], [0, 6], [0, 0], [2, 2], [2, 4], [4, 4], [4, 2], [2, 2]);
    // The pixels on the inner outline belong to it; only the one in its middle does not.
    expect(covered(ring, size)[3]).toBe('###.###');
  });

  test.each([1, 2, 3, 4, 5, 6])('covers what the definition says: random corners, seed %i', (seed) => {
    const next = random(seed);
    for (let round = 0; round < 30; round++) {
      // In quarters of pixels, over the image's edges too.
      const corners = Array.from({ length: 3 + Math.floor(6 * next()) }, (): [number, number] => [
        Math.floor(4 * (30 * next() - 4)),
        Math.floor(4 * (24 * next() - 4)),
      ]);
      const points = corners.map(([x, y]): [number, number] => [x / 4, y / 4]);
      expect(covered({ polygon: true, points })).toEqual(byDefinition(corners));
    }
  });
});

/** Winding numbers and sides in whole numbers. @param corners in quarters of pixels */
function byDefinition(corners: [number, number][]): string[] {
  // The image's far edges count as the last pixel.
  const within = (at: number, side: number) => (at > 4 * side ? at : Math.min(at, 4 * (side - 1)));
  const own = corners.map(([x, y]) => [within(x, image.width), within(y, image.height)]);
  return Array.from({ length: image.height }, (_, row) =>
    Array.from({ length: image.width }, (_, column) => {
      const [x, y] = [4 * column, 4 * row];
      let winding = 0;
      for (let i = 0; i < own.length; i++) {
        const [[ax, ay], [bx, by]] = [own[i], own[(i + 1) % own.length]];
        const side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
        const inBox = x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by);
        if (side === 0 && inBox) return '#';
        if (ay <= y && by > y && side > 0) winding++;
        if (by <= y && ay > y && side < 0) winding--;
      }
      return winding === 0 ? '.' : '#';
    }).join(''),
  );
}

test('a region covers its runs, over the ends of rows', () => {
  expect(covered({ region: [2, 3, 4, 1] }, { width: 4, height: 3 })).toEqual(['..##', '#...', '.#..']);
  const ids = Uint32Array.from({ length: 391 }, (_, i) => (i % 7 < 3 || i > 200 ? 5 : 0));
  expect(covered({ region: encodeRegion(ids, 5) }).join('')).toBe(Array.from(ids, (id) => (id ? '#' : '.')).join(''));
});

const label = ({ exact, width, height }: StrokeRaster): number[] => {
  const ids = new Array<number>(width * height).fill(-1);
  exact?.pixels.forEach((pixel, i) => {
    ids[pixel] = exact.ids[i];
  });
  return ids;
};

describe('exact pixels', () => {
  const dot = (segment: number, x: number, more: Partial<Stroke> = {}): Stroke => ({
    ...{ segment, points: [[x, 0]], radius: 0, ...more },
  });
  const line = { width: 6, height: 1 };
  const drawn = (strokes: Stroke[], locks?: Lock[]) => rasterise({ image: line, segments: [], strokes, locks });

  test('belong to the last stroke there, exact or not', () => {
    const raster = drawn([dot(1, 0), dot(2, 1, { exact: true }), dot(3, 2, { exact: true }), dot(4, 2)]);
    expect(label(raster)).toEqual([-1, 2, -1, -1, -1, -1]);
    expect([...raster.owner]).toEqual([1, 2, 4, 0, 0, 0]);
    expect(drawn([dot(1, 0)]).exact).toBeUndefined();
  });

  test('of strokes that label nothing else own no pixel of the seeds', () => {
    const still = { exact: true, spread: false };
    const raster = drawn([dot(1, 0), dot(0, 3), dot(5, 0, still), dot(6, 4, still), dot(7, 4)]);
    expect([...raster.owner]).toEqual([1, 0, 0, 2, 5, 0]);
    expect(label(raster)).toEqual([5, -1, -1, -1, -1, -1]);
    expect(drawnLabels(raster)).toEqual([0, 1, 7]);
    expect(seedNodes(raster, 1, 6).labels).toEqual([0, 1, 7]);
  });

  test('of locks lie over all strokes, and the first lock over later ones', () => {
    const strokes = [dot(1, 0), dot(2, 1, { exact: true })];
    const locks = [
      { segment: 8, region: [1, 2] },
      { segment: 9, region: [2, 2] },
    ];
    expect(label(drawn(strokes, locks))).toEqual([-1, 8, 8, 9, -1, -1]);
  });

  test('have other labels where their strokes and locks have', () => {
    const strokes = [dot(1, 0), dot(2, 1, { exact: true })];
    const raster = relabelled(drawn(strokes, [{ segment: 3, region: [4, 1] }]), (id) => 10 * id);
    expect(label(raster)).toEqual([-1, 20, -1, -1, 30, -1]);
    expect(raster.segments).toEqual([10, 20]);
    expect(relabelled(drawn([dot(1, 0)]), (id) => id).exact).toBeUndefined();
  });

  test('alone leave all else to the background', () => {
    const raster = drawn([dot(5, 0, { exact: true, spread: false })]);
    expect(drawnLabels(raster)).toEqual([]);
    expect(seedNodes(raster, 1, 3)).toMatchObject({ labels: [0], unseeded: [] });
    expect(() => drawnLabels(drawn([dot(5, 0, { exact: true })]))).toThrow('only label 5');
  });
});

describe('a sheet', () => {
  const same = (a: StrokeRaster, b: StrokeRaster) => {
    expect(Array.from(a.owner)).toEqual(Array.from(b.owner));
    expect({ ...a, owner: undefined }).toEqual({ ...b, owner: undefined });
  };

  test.each([1, 2, 3])('that goes on, goes back and takes drafts is as one drawn at once: seed %i', (seed) => {
    const next = random(seed);
    const strokes = randomStrokes(next, image, 40);
    const sheet = new StrokeSheet(image);
    for (let round = 0; round < 30; round++) {
      const count = Math.floor(next() * strokes.length);
      const drawing = strokes.slice(0, count);
      const draft = next() < 0.5 ? strokes[count] : undefined;
      const locks = next() < 0.3 ? [{ segment: 2, region: [30, 40] }] : undefined;
      const all = draft ? [...drawing, draft] : drawing;
      same(sheet.raster(drawing, locks, draft), rasterise({ image, segments: [], strokes: all, locks }));
    }
  });

  test.each([1, 2, 3])('from which strokes below others are taken is as one drawn at once: seed %i', (seed) => {
    const next = random(seed);
    const sheet = new StrokeSheet(image);
    const all = randomStrokes(next, image, 40);
    for (let round = 0; round < 30; round++) {
      const strokes = all.filter(() => next() < 0.8);
      same(sheet.raster(strokes), rasterise({ image, segments: [], strokes }));
    }
    const spreading = all.filter(({ spread }) => spread !== false);
    same(sheet.raster(spreading), rasterise({ image, segments: [], strokes: spreading }));
  });

  test('holds more strokes than two bytes number', () => {
    const one: Stroke = { segment: 1, points: [[0, 0]], radius: 0 };
    const many = Array.from({ length: 65_534 }, () => one);
    const sheet = new StrokeSheet(image);
    expect(sheet.raster(many).owner[0]).toBe(65_534);
    const more = [...many, one, one, { ...one, points: [[3, 0]] as [number, number][] }];
    expect(sheet.raster(more).owner[0]).toBe(65_536);
    expect(cellWinners(sheet.raster(more), 1, 1).winners).toEqual(Int32Array.of(1));
  });
});
