/** A segment cut in two by a line. */
import { encodeRegion } from '@saltworks/contract/documents/run-lengths';
import type { Mask } from './mask.ts';

type Place = readonly [number, number];

/** A line through the very centre of a pixel passes beside it: such a step aside, pixels, is seen by nobody. */
const aside: Place = [1.7e-5, 2.9e-5];

/**
 * The smaller of the two sides of a line that cuts a segment. Pixels that touch by a side belong together unless the line runs
 * between their centres. Each part of the segment that falls to pieces has a left and a right side, as one sees them who walks
 * along the line; parts that stay in one piece belong to neither.
 *
 * @param line places in pixels, whole numbers being centres
 * @returns the pixels as run lengths; undefined where the line cuts no part in two
 */
export function splitByLine(
  { ids, width, height }: Mask,
  segment: number,
  line: readonly Place[],
): number[] | undefined {
  const { right, down } = crossings(line, width, height);
  /** By pixel: its piece, from 1, of the parts that the line enters. */
  const pieces = new Int32Array(ids.length);
  /** By piece, from 1: more of its pixels along the line lie to the left of it (above 0), or to the right. */
  const votes = [0];
  const flood = (start: number) => {
    if (pieces[start] > 0) return;
    const piece = votes.push(0) - 1;
    const open = [start];
    pieces[start] = piece;
    const visit = (next: number) => {
      if (ids[next] !== segment || pieces[next] > 0) return;
      pieces[next] = piece;
      open.push(next);
    };
    for (let i = open.pop(); i !== undefined; i = open.pop()) {
      const x = i % width;
      if (x > 0 && !right.get(i - 1)) visit(i - 1);
      if (x + 1 < width && !right.get(i)) visit(i + 1);
      if (i >= width && !down.get(i - width)) visit(i - width);
      if (i + width < ids.length && !down.get(i)) visit(i + width);
    }
  };
  /** Pieces on two sides of the line, where they touched. */
  const torn: [number, number][] = [];
  for (const [crossed, step] of [
    [right, 1],
    [down, width],
  ] as const) {
    for (const [pixel, turn] of crossed) {
      if (turn === 0 || ids[pixel] !== segment || ids[pixel + step] !== segment) continue;
      flood(pixel);
      flood(pixel + step);
      votes[pieces[pixel]] += turn;
      votes[pieces[pixel + step]] -= turn;
      torn.push([pieces[pixel], pieces[pixel + step]]);
    }
  }
  const isLeft = votes.map((vote) => vote > 0);
  const cut = new Set(torn.flatMap(([a, b]) => (isLeft[a] === isLeft[b] ? [] : [a, b])));
  /** 1: left, 2: right. */
  const sides = Uint8Array.from(pieces, (piece) => (cut.has(piece) ? (isLeft[piece] ? 1 : 2) : 0));
  const areas = [0, 0, 0];
  for (const side of sides) areas[side]++;
  if (areas[1] === 0 || areas[2] === 0) return undefined;
  return encodeRegion(sides, areas[1] < areas[2] ? 1 : 2);
}

/**
 * Where a line runs between the centres of two pixels side by side, or one above the other: by the left or the upper one, 1 if that
 * lies to the left of the line and −1 if to the right; 0 where the line comes back.
 */
function crossings(line: readonly Place[], width: number, height: number) {
  const [right, down] = [new Map<number, number>(), new Map<number, number>()];
  for (let i = 1; i < line.length; i++) {
    const [ax, ay] = [line[i - 1][0] + aside[0], line[i - 1][1] + aside[1]];
    const [bx, by] = [line[i][0] + aside[0], line[i][1] + aside[1]];
    for (let y = Math.max(0, Math.ceil(Math.min(ay, by))); y <= Math.min(height - 1, Math.max(ay, by)); y++) {
      const x = Math.floor(ax + ((y - ay) / (by - ay)) * (bx - ax));
      if (x >= 0 && x + 1 < width) add(right, y * width + x, Math.sign(ay - by));
    }
    for (let x = Math.max(0, Math.ceil(Math.min(ax, bx))); x <= Math.min(width - 1, Math.max(ax, bx)); x++) {
      const y = Math.floor(ay + ((x - ax) / (bx - ax)) * (by - ay));
      if (y >= 0 && y + 1 < height) add(down, y * width + x, Math.sign(bx - ax));
    }
  }
  return { right, down };
}

const add = (to: Map<number, number>, pixel: number, turn: number) => to.set(pixel, (to.get(pixel) ?? 0) + turn);
