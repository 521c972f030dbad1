import { describe, expect, test } from 'vitest';
import { clamp, fit, pan, toImage, toScreen, zoom } from '../../../src/annotate/board/view.ts';

const image = { width: 600, height: 400 };
const screen = { width: 1000, height: 700 };
const view = fit(image, screen);

describe('view', () => {
  test('fits the whole image, centred', () => {
    const [topLeft, bottomRight] = [toScreen(view, { x: -0.5, y: -0.5 }), toScreen(view, { x: 599.5, y: 399.5 })];
    expect(topLeft.x + bottomRight.x).toBeCloseTo(screen.width);
    expect(topLeft.y + bottomRight.y).toBeCloseTo(screen.height);
    expect(Math.min(topLeft.x, topLeft.y)).toBeGreaterThanOrEqual(16);
  });

  test('maps a point to the screen and back', () => {
    for (const at of [
      { x: 0, y: 0 },
      { x: 12.5, y: 377 },
    ]) {
      const back = toImage(view, toScreen(view, at));
      expect(back.x).toBeCloseTo(at.x);
      expect(back.y).toBeCloseTo(at.y);
    }
  });

  test('zooms around the pointer, which stays over the same point', () => {
    const at = { x: 321, y: 123 };
    for (const factor of [0.5, 3, 1e6]) {
      const [before, after] = [toImage(view, at), toImage(zoom(view, factor, at), at)];
      expect(after.x).toBeCloseTo(before.x);
      expect(after.y).toBeCloseTo(before.y);
    }
  });

  test('keeps part of the image in sight, however far it pans', () => {
    for (const [dx, dy] of [
      [1e5, 1e5],
      [-1e5, -1e5],
    ]) {
      const moved = pan(view, dx, dy, image, screen);
      const [a, b] = [toScreen(moved, { x: -0.5, y: -0.5 }), toScreen(moved, { x: 599.5, y: 399.5 })];
      expect(a.x).toBeLessThan(screen.width);
      expect(b.x).toBeGreaterThan(0);
      expect(a.y).toBeLessThan(screen.height);
      expect(b.y).toBeGreaterThan(0);
    }
  });

  test('clamps points outside to the edge', () => {
    expect(clamp({ x: -3, y: 900 }, image)).toEqual({ x: 0, y: 400 });
  });
});
