/**
 * Outlines of segments, exactly along pixel borders: a polygon's corners are corners of pixels, pixel (x, y) spanning
 * x … x + 1 and y … y + 1. It encloses the centres of just the pixels that it was traced around.
 */
import type { Mask } from '../mask/mask.ts';

/** Corners x₀ y₀ x₁ y₁ … of a closed polygon, clockwise on the screen. */
export type Ring = number[];

// A lattice point is named by the cell to its lower right. Headings: 0 east, 1 south, 2 west, 3 north.
const south = 1;
const west = 2;

/** Marks on a pixel, set as the borders through it are walked. */
const topWalked = 1;
const bottomWalked = 2;
/** The ground to its right is a hole of its segment, or lies in one. */
const rightEnclosed = 4;

/**
 * For every segment, a ring around each of its parts, including holes and their contents; parts from the top. Pixels that
 * share sides are one part: if two only touch at a corner, the ground between them is open, not a hole. Every border is
 * walked once. As in Suzuki & Abe (1985), "Topological structural analysis of digitized binary images by border following",
 * the last border to the left tells whether a border lies within another.
 */
export function outlines({ ids, width, height }: Mask): Map<number, Ring[]> {
  // A frame of background, so that no walk needs to check for the image's border.
  const stride = width + 2;
  const cells = new Uint32Array(stride * (height + 2));
  for (let y = 0; y < height; y++) cells.set(ids.subarray(y * width, (y + 1) * width), (y + 1) * stride + 1);
  const marks = new Uint8Array(cells.length);

  const step = [1, stride, -1, -stride];
  const aheadRight = [0, -1, -stride - 1, -stride];
  /** Walks a border, the segment on the right hand, until back at the start. The ring of a part starts at a corner. */
  const walk = (start: number, towards: number, id: number, enclosed: boolean): Ring => {
    const ring: Ring = [(start % stride) - 1, Math.floor(start / stride) - 1];
    let at = start;
    let heading = towards;
    do {
      if (heading === 0) marks[at] |= topWalked;
      else if (heading === west) marks[at - stride - 1] |= bottomWalked;
      else if (heading === south && enclosed) marks[at - 1] |= rightEnclosed;
      at += step[heading];
      const right = cells[at + aheadRight[heading]] === id;
      const ahead = cells[at + aheadRight[(heading + 3) & 3]] === id;
      if (right && !ahead) continue;
      heading = (heading + (right ? 3 : 1)) & 3;
      ring.push((at % stride) - 1, Math.floor(at / stride) - 1);
    } while (at !== start || heading !== towards);
    ring.length -= 2;
    return ring;
  };

  const rings = new Map<number, Ring[]>();
  /** By segment, its last pixel so far with ground to its right. */
  const last = new Map<number, number>();
  for (let y = 1; y <= height; y++) {
    const row = y * stride;
    for (let i = row + 1, end = i + width; i < end; i++) {
      const id = cells[i];
      if (id === 0) continue;
      if (cells[i - stride] !== id && (marks[i] & topWalked) === 0) {
        // The first pixel of a part: to its left is ground, back to the segment's last border in this row.
        const border = last.get(id) ?? 0;
        const enclosed = border > row && (marks[border] & rightEnclosed) !== 0;
        const ring = walk(i, 0, id, enclosed);
        if (!enclosed) {
          const known = rings.get(id);
          if (known) known.push(ring);
          else rings.set(id, [ring]);
        }
      }
      // All bottoms along the outside are walked by now, so this one is the roof of a hole.
      if (cells[i + stride] !== id && (marks[i] & bottomWalked) === 0) walk(i + stride + 1, west, id, true);
      if (cells[i + 1] !== id) last.set(id, i);
    }
  }
  return rings;
}

/**
 * One polygon for several rings, chained by bridges without width: out along each ring to its corner nearest to the next
 * ring, over to that, and all the way back. It encloses the same pixels as the rings.
 */
export function joinRings(rings: readonly Ring[]): Ring {
  if (rings.length < 2) return rings[0]?.slice() ?? [];
  const entries = rings.map(() => 0);
  const exits = rings.map(() => 0);
  for (let k = 1; k < rings.length; k++) [exits[k - 1], entries[k]] = nearestCorners(rings[k - 1], rings[k]);
  entries[0] = exits[0];
  exits[rings.length - 1] = entries[rings.length - 1];

  const out: Ring = [];
  /** Adds corners `from` … `to`, wrapping; all the way round if they are one and `whole` is true. */
  const walk = (ring: Ring, from: number, to: number, whole: boolean) => {
    const corners = ring.length / 2;
    const steps = (to - from + corners) % corners || (whole ? corners : 0);
    for (let i = 0; i <= steps; i++) {
      const o = 2 * ((from + i) % corners);
      out.push(ring[o], ring[o + 1]);
    }
  };
  for (let k = 0; k < rings.length - 1; k++) walk(rings[k], entries[k], exits[k], false);
  for (let k = rings.length - 1; k >= 0; k--) walk(rings[k], exits[k], entries[k], entries[k] === exits[k]);
  // The polygon closes by itself.
  out.length -= 2;
  return out;
}

/** The closest corners of two rings, as indices. */
function nearestCorners(a: Ring, b: Ring): [number, number] {
  const order = Array.from({ length: b.length / 2 }, (_, j) => j).sort((i, j) => b[2 * i] - b[2 * j]);
  let best = Number.POSITIVE_INFINITY;
  let pair: [number, number] = [0, 0];
  for (let i = 0; i < a.length / 2; i++) {
    const [x, y] = [a[2 * i], a[2 * i + 1]];
    /** Compares a corner of b; false once x alone is too far. */
    const weigh = (j: number) => {
      const dx = b[2 * j] - x;
      if (dx * dx >= best) return false;
      const distance = dx * dx + (b[2 * j + 1] - y) ** 2;
      if (distance < best) {
        best = distance;
        pair = [i, j];
      }
      return true;
    };
    let low = 0;
    for (let high = order.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (b[2 * order[middle]] < x) low = middle + 1;
      else high = middle;
    }
    for (let k = low; k < order.length && weigh(order[k]); k++);
    for (let k = low - 1; k >= 0 && weigh(order[k]); k--);
  }
  return pair;
}
