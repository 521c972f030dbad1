import { describe, expect, test } from 'vitest';
import { overlayMask, overlayStrokes } from '../../src/screen/overlay.ts';

describe('overlays', () => {
  const image = { data: new Uint8Array(3 * 9).fill(100), width: 3, height: 3 };
  test('segments are tinted, the background is dimmed, borders are white', () => {
    const { data } = overlayMask(
      image,
      { ids: Uint32Array.from([0, 0, 0, 0, 0, 0, 7, 7, 7]), width: 3, height: 3 },
      new Map([[7, [200, 0, 0]]]),
      0.5,
    );
    expect([...data.subarray(0, 3)]).toEqual([65, 65, 65]);
    expect([...data.subarray(9, 12)]).toEqual([255, 255, 255]);
    expect([...data.subarray(18, 21)]).toEqual([150, 50, 50]);
  });
  test('strokes take the colour of their segment', () => {
    const raster = { width: 3, height: 3, owner: Uint8Array.from([1, 0, 2, 0, 0, 0, 0, 0, 0]), segments: [0, 7] };
    const { data } = overlayStrokes(
      image,
      raster,
      new Map([
        [0, [1, 1, 1]],
        [7, [2, 2, 2]],
      ]),
    );
    expect([...data.subarray(0, 9)]).toEqual([1, 1, 1, 100, 100, 100, 2, 2, 2]);
  });
});
