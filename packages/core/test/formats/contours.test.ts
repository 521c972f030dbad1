import { describe, expect, test } from 'vitest';
import { joinRings, outlines, type Ring } from '../../src/formats/contours.ts';
import { type Mask, segmentsInfo } from '../../src/mask/mask.ts';
import { blotchy, drawn } from './export-images.ts';

const segmentsOf = (mask: Mask) => segmentsInfo(mask, [], []);
const ringsOf = (mask: Mask, id = 1) => outlines(mask).get(id) ?? [];

/** The pixels whose centres a polygon encloses: an odd number of its sides lies to their left. */
function rasterise(ring: Ring, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height);
  const corners = ring.length / 2;
  for (let k = 0; k < corners; k++) {
    const ends = [k, (k + 1) % corners].map((i) => [ring[2 * i], ring[2 * i + 1]]);
    // From the upper end, so that a bridge crossed both ways is crossed at the same place.
    const [[x0, y0], [x1, y1]] = ends.sort((a, b) => a[1] - b[1]);
    for (let y = y0; y < y1; y++) {
      const crossing = x0 + ((y + 0.5 - y0) * (x1 - x0)) / (y1 - y0);
      for (let x = 0; x < width; x++) if (x + 0.5 > crossing) out[y * width + x] ^= 1;
    }
  }
  return out;
}

/** A segment with its holes filled, by brute force: ground is outside if steps over sides and corners lead out of the image. */
function filled({ ids, width, height }: Mask, id: number): Uint8Array {
  const out = new Uint8Array(ids.length).fill(1);
  for (let changed = true; changed; ) {
    changed = false;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = y * width + x;
        if (ids[i] === id || out[i] === 0) continue;
        let open = x === 0 || y === 0 || x === width - 1 || y === height - 1;
        for (let v = y - 1; v <= y + 1 && !open; v++)
          for (let u = x - 1; u <= x + 1 && !open; u++) open = out[v * width + u] === 0;
        if (!open) continue;
        out[i] = 0;
        changed = true;
      }
    }
  }
  return out;
}

describe('outlines', () => {
  test('of one pixel are its four corners, clockwise', () => {
    expect(ringsOf(drawn('...', '.1.', '...'))).toEqual([[1, 1, 2, 1, 2, 2, 1, 2]]);
    expect(ringsOf(drawn('1'))).toEqual([[0, 0, 1, 0, 1, 1, 0, 1]]);
  });
  test('have corners only at turns, and reach the image’s border', () => {
    expect(ringsOf(drawn('111', '111'))).toEqual([[0, 0, 3, 0, 3, 2, 0, 2]]);
    expect(ringsOf(drawn('11', '1.'))).toEqual([[0, 0, 2, 0, 2, 1, 1, 1, 1, 2, 0, 2]]);
  });
  test('ignore holes and the islands in them', () => {
    expect(ringsOf(drawn('11111', '1...1', '1.1.1', '1...1', '11111'))).toEqual([[0, 0, 5, 0, 5, 5, 0, 5]]);
  });
  test('ignore holes in islands in holes, whatever the neighbours', () => {
    const nested = drawn(
      '111111111.1',
      '1.......1..',
      '1.11111.1.1',
      '1.1...1.1..',
      '1.1.1.1.111',
      '1.1...1.1.1',
      '1.11111.1.1',
      '1...1...111',
      '1.......1..',
      '111111111.1',
    );
    expect(ringsOf(nested).map((ring) => ring.slice(0, 2))).toEqual([
      [0, 0],
      [10, 0],
      [10, 2],
      [10, 9],
    ]);
    expect(rasterise(joinRings(ringsOf(nested)), 11, 10)).toEqual(filled(nested, 1));
  });
  test('are separate where parts touch at a corner: the ground between is open', () => {
    expect(ringsOf(drawn('1.', '.1'))).toEqual([
      [0, 0, 1, 0, 1, 1, 0, 1],
      [1, 1, 2, 1, 2, 2, 1, 2],
    ]);
    // Ground that is open at a corner is no hole: nothing is filled.
    const ring = drawn('111', '1.1', '11.');
    expect(rasterise(joinRings(ringsOf(ring)), 3, 3)).toEqual(Uint8Array.from(ring.ids));
  });
  test('rasterise to the segment with its holes filled, part by part and joined', () => {
    for (let seed = 0; seed < 300; seed++) {
      const mask = blotchy(1 + (seed % 23), 1 + ((seed * 5) % 19), seed % 2 ? [0, 1] : [0, 0, 1, 2, 300], seed);
      expect([...outlines(mask).keys()].sort()).toEqual(
        segmentsOf(mask)
          .map(({ id }) => id)
          .sort(),
      );
      for (const segment of segmentsOf(mask)) {
        const rings = ringsOf(mask, segment.id);
        const expected = filled(mask, segment.id);
        const sum = new Uint8Array(expected.length);
        for (const ring of rings) {
          const part = rasterise(ring, mask.width, mask.height);
          for (let i = 0; i < sum.length; i++) sum[i] += part[i];
        }
        expect(sum, `seed ${seed}`).toEqual(expected);
        expect(rasterise(joinRings(rings), mask.width, mask.height), `joined, seed ${seed}`).toEqual(expected);
      }
    }
  });
});

describe('joined rings', () => {
  const square = (x: number, y: number): Ring => [x, y, x + 1, y, x + 1, y + 1, x, y + 1];
  test('one ring stays itself, none gives none', () => {
    expect(joinRings([square(3, 4)])).toEqual(square(3, 4));
    expect(joinRings([])).toEqual([]);
  });
  test('bridges span the nearest corners, out and back', () => {
    expect(joinRings([square(0, 0), square(4, 0)])).toEqual([
      1, 0, 4, 0, 5, 0, 5, 1, 4, 1, 4, 0, 1, 0, 1, 1, 0, 1, 0, 0,
    ]);
  });
  test('no bridge is longer than the closest pair of corners', () => {
    for (let seed = 0; seed < 40; seed++) {
      const mask = blotchy(24, 18, [0, 0, 0, 1], seed);
      const rings = ringsOf(mask);
      const joined = joinRings(rings);
      const lengthOf = (ring: Ring) => {
        let sum = 0;
        for (let i = 0; i < ring.length; i += 2) {
          const j = (i + 2) % ring.length;
          sum += Math.hypot(ring[j] - ring[i], ring[j + 1] - ring[i + 1]);
        }
        return sum;
      };
      let bridges = 0;
      for (let k = 1; k < rings.length; k++) {
        let best = Number.POSITIVE_INFINITY;
        for (let i = 0; i < rings[k - 1].length; i += 2)
          for (let j = 0; j < rings[k].length; j += 2) {
            const [a, b] = [rings[k - 1], rings[k]];
            best = Math.min(best, Math.hypot(a[i] - b[j], a[i + 1] - b[j + 1]));
          }
        bridges += 2 * best;
      }
      expect(lengthOf(joined)).toBeCloseTo(rings.reduce((sum, ring) => sum + lengthOf(ring), 0) + bridges, 6);
    }
  });
});
