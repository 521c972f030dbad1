import { describe, expect, test } from 'vitest';
import { centred, clamp, fit, frame, pan, seen, toImage, toScreen, zoom } from '../../../src/annotate/board/view.ts';

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

  test('frames a part of the image: all of it in sight, in the middle, larger than before', () => {
    const box = { x: 100, y: 50, width: 60, height: 40 };
    const framed = frame(box, image, screen);
    expect(framed.scale).toBeGreaterThan(view.scale);
    const middle = toImage(framed, { x: screen.width / 2, y: screen.height / 2 });
    expect([middle.x, middle.y]).toEqual([129.5, 69.5]);
    for (const corner of [
      { x: 100, y: 50 },
      { x: 159, y: 89 },
    ]) {
      const { x, y } = toScreen(framed, corner);
      expect(x > 0 && x < screen.width && y > 0 && y < screen.height).toBe(true);
    }
    // The whole image is never shown smaller than it fits; a pixel not larger than 64.
    expect(frame({ x: 0, y: 0, ...image }, image, screen).scale).toBe(view.scale);
    expect(frame({ x: 3, y: 3, width: 1, height: 1 }, image, screen).scale).toBe(64);
  });

  test('tells which part of the image is on the screen', () => {
    expect(seen(view, image, screen)).toEqual({ x: 0, y: 0, width: 1, height: 1 });
    const part = seen(centred({ scale: 4, x: 0, y: 0 }, { x: 299.5, y: 199.5 }, screen), image, screen);
    expect(part.x + part.width / 2).toBeCloseTo(0.5);
    expect(part.y + part.height / 2).toBeCloseTo(0.5);
    expect(part.width).toBeCloseTo(1000 / 4 / 600);
    expect(part.height).toBeCloseTo(700 / 4 / 400);
  });
});
