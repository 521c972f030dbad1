/** Points of strokes, in pixels of the image. */
import type { Point } from './view.ts';

/** Eighths of a pixel: nobody draws finer. */
export const rounded = ({ x, y }: Point): [number, number] => [Math.round(8 * x) / 8, Math.round(8 * y) / 8];

/** At most as many points as a stroke may have, ends included. */
export function thinned(points: [number, number][], limit = 2000): [number, number][] {
  if (points.length <= limit) return points;
  const step = (points.length - 1) / (limit - 1);
  return Array.from({ length: limit }, (_, i) => points[Math.round(i * step)]);
}

/** From a point to a line between two. */
export function distance([x, y]: [number, number], [ax, ay]: [number, number], [bx, by]: [number, number]): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length2 = dx * dx + dy * dy;
  const t = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length2));
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}
