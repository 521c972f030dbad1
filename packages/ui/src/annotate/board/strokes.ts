/** Geometry of strokes, in image pixels. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import { eachRun, regionArea } from '@saltworks/contract/documents/run-lengths';
import type { Stroke } from '@saltworks/contract/documents/scribbles';
import { visitStroke } from '@saltworks/core/seeds/paint';
import type { Point, Size } from './view.ts';

/** Rounds to an eighth of a pixel. */
export const rounded = ({ x, y }: Point): [number, number] => [Math.round(8 * x) / 8, Math.round(8 * y) / 8];

/** Drops points evenly until a stroke has no more than the API takes; both ends stay. */
export function thinned(points: [number, number][], limit = 2000): [number, number][] {
  if (points.length <= limit) return points;
  const step = (points.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, i) => points[Math.round(i * step)]);
}

/** The distance from a point to a line segment. */
export function distance([x, y]: [number, number], [ax, ay]: [number, number], [bx, by]: [number, number]): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length2));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

type Place = [number, number];

/**
 * The pieces of a line inside the image: a piece ends where the line leaves the image, and the next begins where it
 * returns. A line wholly outside has no pieces.
 */
export function piecesWithin(points: readonly Place[], { width, height }: Size): Place[][] {
  // Pixels are squares around their centres, and points of strokes are measured from centres.
  const within = ([x, y]: Place): Place => [Math.min(width - 1, Math.max(0, x)), Math.min(height - 1, Math.max(0, y))];
  const inside = ([x, y]: Place) => x >= -0.5 && x <= width - 0.5 && y >= -0.5 && y <= height - 0.5;
  const pieces: Place[][] = [];
  points.forEach((point, i) => {
    if (i === 0) {
      if (inside(point)) pieces.push([within(point)]);
      return;
    }
    const from = points[i - 1];
    const share = shareWithin(from, point, { width, height });
    if (!share) return;
    const at = (t: number): Place => within([from[0] + t * (point[0] - from[0]), from[1] + t * (point[1] - from[1])]);
    if (inside(from)) pieces.at(-1)!.push(at(share[1]));
    else pieces.push([at(share[0]), at(share[1])]);
  });
  return pieces.map((piece) => piece.filter(([x, y], i) => i === 0 || x !== piece[i - 1][0] || y !== piece[i - 1][1]));
}

/** The share of a line's length, from and to, that lies inside the image (Liang and Barsky, 1984). */
function shareWithin([ax, ay]: Place, [bx, by]: Place, { width, height }: Size): Place | undefined {
  let [from, to] = [0, 1];
  for (const [start, step, low, high] of [
    [ax, bx - ax, -0.5, width - 0.5],
    [ay, by - ay, -0.5, height - 0.5],
  ]) {
    if (step === 0) {
      if (start < low || start > high) return undefined;
      continue;
    }
    const [enter, leave] = [(low - start) / step, (high - start) / step].sort((a, b) => a - b);
    from = Math.max(from, enter);
    to = Math.min(to, leave);
  }
  return from <= to ? [from, to] : undefined;
}

type Drawn = Drawing['strokes'][number];

/** How many strokes two drawings have in common from the first on. */
export function commonStrokes(a: Drawing['strokes'], b: Drawing['strokes']): number {
  if (a === b) return a.length;
  const most = Math.min(a.length, b.length);
  let count = 0;
  while (count < most && isSame(a[count], b[count])) count++;
  return count;
}

/** Strokes that only one of two drawings has, or that belong to different segments. */
export function differingStrokes(a: Drawing['strokes'], b: Drawing['strokes']): Drawing['strokes'] {
  const common = commonStrokes(a, b);
  const [old, news] = [a.slice(common), b.slice(common)];
  return [...without(old, news), ...without(news, old)];
}

function without(strokes: Drawing['strokes'], others: Drawing['strokes']): Drawing['strokes'] {
  const numbered = new Map(others.map((stroke) => [stroke.n, stroke]));
  return strokes.filter((stroke) => {
    const other = numbered.get(stroke.n);
    return !other || !isSame(stroke, other);
  });
}

/** Whether two strokes are one. The number does not say it: another one has it where another window drew meanwhile. */
function isSame(a: Drawn, b: Drawn): boolean {
  if (a === b) return true;
  if (a.n !== b.n || a.segment !== b.segment) return false;
  return (a.points === b.points && a.region === b.region) || JSON.stringify(a) === JSON.stringify(b);
}

/** A place on a stroke, to mark it at: the point in the middle of its line, or the pixel in the middle of its region. */
export function placeOn({ points, region }: Stroke, { width }: Size): Point {
  if (region) {
    const middle = regionPixel(region, regionArea(region) >> 1);
    return { x: middle % width, y: Math.floor(middle / width) };
  }
  const [x, y] = points[points.length >> 1];
  return { x, y };
}

/** The number of a region's n-th pixel, from 0. */
function regionPixel(region: readonly number[], n: number): number {
  let [left, found] = [n, 0];
  eachRun(region, (start, end) => {
    if (left >= 0 && left < end - start) found = start + left;
    left -= end - start;
  });
  return found;
}

/** Whether a polygon or a region covers the pixel at a place. */
export function covers(stroke: Stroke, { x, y }: Point, image: Size): boolean {
  if (!stroke.polygon && !stroke.region) return false;
  const [column, row] = [Math.round(x), Math.round(y)];
  let found = false;
  visitStroke(stroke, image, (at, left, right) => {
    found ||= at === row && left <= column && column <= right;
  });
  return found;
}
