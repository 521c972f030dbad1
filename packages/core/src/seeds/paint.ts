/** The pixels of strokes (spec/scribbles.md): lines, filled outlines and regions. Whole numbers are pixel centres. */
import { eachRun } from '@saltworks/contract/documents/run-lengths';
import type { Stroke } from '@saltworks/contract/documents/scribbles';

interface Size {
  width: number;
  height: number;
}

/** Visits the pixels of row y from `left` to `right`, both included and both in the image. */
type Visit = (y: number, left: number, right: number) => void;

/** How far from an outline a pixel's centre may lie and count as on it, pixels: crossings are rounded. */
const onOutline = 1e-6;

/** Visits all pixels in the image that a stroke covers, some of them more than once. */
export function visitStroke({ points: drawn, radius, polygon, region }: Stroke, image: Size, visit: Visit): void {
  const { width, height } = image;
  // The image's far edges, width and height, lie half a pixel beyond the last pixel centres.
  const within = (at: number, side: number) => (at > side ? at : Math.min(at, side - 1));
  const points = drawn.map(([x, y]): [number, number] => [within(x, width), within(y, height)]);
  // No point of a pixel is farther than √½ from its centre: no stroke falls between pixels.
  const reach = Math.max(radius, Math.SQRT1_2);
  if (region) visitRegion(region, image, visit);
  else if (polygon) visitPolygon(points, image, visit);
  else for (let i = 0; i < points.length; i++) visitCapsule(points[Math.max(i - 1, 0)], points[i], reach, image, visit);
}

/** Pixels from left to right and from top to bottom, all included. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Boxes that were asked for before, of images of one width: a sheet asks for those of all strokes with each undo. */
const boxes = new WeakMap<Stroke, { width: number; box: Box }>();

/** A box that holds all pixels of a stroke. */
function boxOf(stroke: Stroke, { width }: Size): Box {
  const known = boxes.get(stroke);
  if (known?.width === width) return known.box;
  const box = newBox(stroke, width);
  boxes.set(stroke, { width, box });
  return box;
}

function newBox({ points, radius, region }: Stroke, width: number): Box {
  if (region) {
    let [first, last] = [Number.POSITIVE_INFINITY, 0];
    eachRun(region, (start, end) => {
      first = Math.min(first, start);
      last = Math.max(last, end - 1);
    });
    return { left: 0, right: width - 1, top: Math.floor(first / width), bottom: Math.floor(last / width) };
  }
  const reach = radius + 2;
  const box = { left: Number.POSITIVE_INFINITY, top: Number.POSITIVE_INFINITY, right: 0, bottom: 0 };
  for (const [x, y] of points) {
    box.left = Math.min(box.left, Math.floor(x - reach));
    box.top = Math.min(box.top, Math.floor(y - reach));
    box.right = Math.max(box.right, Math.ceil(x + reach));
    box.bottom = Math.max(box.bottom, Math.ceil(y + reach));
  }
  return box;
}

/** The part of the image that some strokes may cover, or undefined if there is none. */
export function boxAround(strokes: readonly Stroke[], image: Size): Box | undefined {
  const boxes = strokes.map((stroke) => boxOf(stroke, image));
  const most = (side: 'left' | 'top' | 'right' | 'bottom', far: (a: number, b: number) => number, start: number) =>
    boxes.reduce((edge, box) => far(edge, box[side]), start);
  const box = {
    left: Math.max(0, most('left', Math.min, Number.POSITIVE_INFINITY)),
    top: Math.max(0, most('top', Math.min, Number.POSITIVE_INFINITY)),
    right: Math.min(image.width - 1, most('right', Math.max, -1)),
    bottom: Math.min(image.height - 1, most('bottom', Math.max, -1)),
  };
  return box.left <= box.right && box.top <= box.bottom ? box : undefined;
}

/** Visits the pixels of a stroke that lie in a box. */
export function visitWithin(stroke: Stroke, image: Size, box: Box, visit: Visit): void {
  const own = boxOf(stroke, image);
  if (own.left > box.right || own.right < box.left || own.top > box.bottom || own.bottom < box.top) return;
  visitStroke(stroke, image, (y, left, right) => {
    const [from, to] = [Math.max(left, box.left), Math.min(right, box.right)];
    if (y >= box.top && y <= box.bottom && from <= to) visit(y, from, to);
  });
}

/** Visits every pixel with a centre within `reach` of the line from a to b. */
function visitCapsule(
  [ax, ay]: [number, number],
  [bx, by]: [number, number],
  reach: number,
  { width, height }: Size,
  visit: Visit,
): void {
  const dx = bx - ax;
  const dy = by - ay;
  const length2 = dx * dx + dy * dy;
  const clamp = (v: number, max: number) => Math.min(Math.max(v, 0), max);
  const top = clamp(Math.ceil(Math.min(ay, by) - reach), height - 1);
  const bottom = clamp(Math.floor(Math.max(ay, by) + reach), height - 1);
  for (let y = top; y <= bottom; y++) {
    // Only the part of the line within reach of this row can reach its pixels.
    const [t0, t1] = dy === 0 ? [0, 1] : [(y - reach - ay) / dy, (y + reach - ay) / dy].sort((a, b) => a - b);
    const x0 = ax + clamp(t0, 1) * dx;
    const x1 = ax + clamp(t1, 1) * dx;
    const left = clamp(Math.ceil(Math.min(x0, x1) - reach), width - 1);
    const right = clamp(Math.floor(Math.max(x0, x1) + reach), width - 1);
    let first = -1;
    for (let x = left; x <= right; x++) {
      const t = length2 === 0 ? 0 : clamp(((x - ax) * dx + (y - ay) * dy) / length2, 1);
      const ex = ax + t * dx - x;
      const ey = ay + t * dy - y;
      const within = ex * ex + ey * ey <= reach * reach;
      if (within && first < 0) first = x;
      else if (!within && first >= 0) {
        visit(y, first, x - 1);
        first = -1;
      }
    }
    if (first >= 0) visit(y, first, right);
  }
}

/** Visits every pixel with a centre around which the closed outline winds, or that lies on the outline. */
function visitPolygon(corners: readonly [number, number][], { width, height }: Size, visit: Visit): void {
  const span = (y: number, from: number, to: number) => {
    const left = Math.max(0, Math.ceil(from - onOutline));
    const right = Math.min(width - 1, Math.floor(to + onOutline));
    if (left <= right) visit(y, left, right);
  };
  const edges = corners
    .map(([ax, ay], i) => {
      const [bx, by] = corners[(i + 1) % corners.length];
      return ay <= by ? { ax, ay, bx, by, turn: 1 } : { ax: bx, ay: by, bx: ax, by: ay, turn: -1 };
    })
    .sort((a, b) => a.ay - b.ay);
  const bottom = Math.max(...corners.map(([, y]) => y));
  let active: typeof edges = [];
  let next = 0;
  const last = Math.min(height - 1, Math.floor(bottom + onOutline));
  for (let y = Math.max(0, Math.ceil(edges[0].ay - onOutline)); y <= last; y++) {
    while (next < edges.length && edges[next].ay <= y + onOutline) active.push(edges[next++]);
    active = active.filter(({ by }) => by >= y - onOutline);
    const crossings: { x: number; turn: number }[] = [];
    for (const { ax, ay, bx, by, turn } of active) {
      // On the outline: all of a level edge, else one place.
      if (by - ay <= onOutline) span(y, Math.min(ax, bx), Math.max(ax, bx));
      else {
        const x = ax + Math.min(Math.max((y - ay) / (by - ay), 0), 1) * (bx - ax);
        span(y, x, x);
        if (ay <= y && y < by) crossings.push({ x, turn });
      }
    }
    crossings.sort((a, b) => a.x - b.x);
    let winding = 0;
    for (let i = 0; i + 1 < crossings.length; i++) {
      winding += crossings[i].turn;
      if (winding !== 0) span(y, crossings[i].x, crossings[i + 1].x);
    }
  }
}

/** Visits the runs of a region, row by row. */
export function visitRegion(region: readonly number[], { width, height }: Size, visit: Visit): void {
  eachRun(region, (start, end) => {
    const stop = Math.min(end, width * height);
    for (let at = start; at < stop; ) {
      const y = Math.floor(at / width);
      const right = Math.min(stop, (y + 1) * width);
      visit(y, at - y * width, right - 1 - y * width);
      at = right;
    }
  });
}
