/** Random strokes of every kind. */
import type { Stroke } from '@saltworks/contract/documents/scribbles';

/** @param next numbers in [0, 1) */
export function randomStrokes(next: () => number, image: { width: number; height: number }, count: number): Stroke[] {
  const point = (): [number, number] => [next() * image.width, next() * image.height];
  return Array.from({ length: count }, (): Stroke => {
    const segment = Math.floor(4 * next());
    const exact = next() < 0.5;
    const how = { ...(exact && { exact, ...(next() < 0.5 && { spread: false }) }) };
    const shape = next();
    if (shape < 0.2) {
      const start = Math.floor(next() * image.width * (image.height - 1));
      return { segment, points: [], radius: 0, region: [start, 1 + Math.floor(next() * image.width)], ...how };
    }
    const points = [point(), point(), point()];
    return shape < 0.5
      ? { segment, points, radius: 0, polygon: true, ...how }
      : { segment, points, radius: 2 * next(), ...how };
  });
}
