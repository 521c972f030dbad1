import { describe, expect, test } from 'vitest';
import { giveHeld, heldLabels, heldPixels, heldTogether, holdRows, withHeld } from '../../src/refine/held.ts';
import type { StrokeRaster } from '../../src/seeds/seeds.ts';

/** Rows of stroke numbers, 0 where nothing is drawn. */
const drawn = (rows: string[], segments: number[]): StrokeRaster => ({
  width: rows[0].length,
  height: rows.length,
  owner: Uint8Array.from(rows.join(''), Number),
  segments,
});
const hold = { strokes: 'hold' } as const;

describe('pixels under strokes', () => {
  test('are held for the last stroke there', () => {
    const held = heldPixels(drawn(['0120', '3001'], [7, 0, 9]), hold);
    expect(held).toEqual({
      ...{ width: 4, height: 2 },
      pixels: Int32Array.of(1, 2, 4, 7),
      ids: Int32Array.of(7, 0, 9, 7),
    });
    const owners = new Uint32Array(8).fill(5);
    giveHeld(owners, held!);
    expect([...owners]).toEqual([5, 7, 0, 5, 9, 5, 5, 7]);
  });

  test('are free where noise is tolerated; an unknown setting is refused', () => {
    expect(heldPixels(drawn(['01'], [7]), { strokes: 'tolerate' })).toBeUndefined();
    expect(() => heldPixels(drawn(['01'], [7]), { strokes: 'nonsense' as 'hold' })).toThrow('strokes nonsense');
  });

  test('are mapped to half the size, the last of several counting', () => {
    const held = heldPixels(drawn(['0120', '3001'], [7, 0, 9]), hold)!;
    // The last of the four pixels on the left is stroke 3's, on the right stroke 1's.
    expect(heldLabels(held, [0, 7, 9], 1, 2)).toEqual({ pixels: Int32Array.of(0, 1), labels: Int32Array.of(2, 1) });
    expect([...heldLabels(held, [0, 7, 9], 2, 4).labels]).toEqual([1, 0, 2, 1]);
  });

  test('are certain before refinement, others are unchanged', () => {
    const scores = new Float32Array(12).fill(0.5);
    holdRows(scores, { pixels: Int32Array.of(1, 4, 7, 12), labels: Int32Array.of(0, 1, 0, 1) }, 2, 3, 1);
    // Pixels 5 and 8 of pixels 3 … 8.
    expect([...scores]).toEqual([0.5, 0.5, 0, 1, 0.5, 0.5, 0.5, 0.5, 1, 0, 0.5, 0.5]);
  });

  test('of a segment without nodes add a label that scores 0', () => {
    const nodes = { data: Float32Array.of(0.25, 0.75, 1, 0), h: 1, w: 2, labels: [0, 7] };
    const held = heldPixels(drawn(['0123'], [7, 0, 4]), hold)!;
    expect(withHeld(nodes, held)).toEqual({
      ...nodes,
      labels: [0, 7, 4],
      data: Float32Array.of(0.25, 0.75, 0, 1, 0, 0),
    });
    expect(withHeld(nodes, heldPixels(drawn(['0120'], [7, 0, 4]), hold)!)).toBe(nodes);
  });
});

describe('pixels under several annotators’ strokes', () => {
  const together = (...people: [string, number][]) => {
    const held = heldTogether(
      people.map(([row, weight]) => ({ raster: drawn([row], [1, 2, 3]), weight })),
      hold,
    )!;
    const ids = new Array(held.width).fill('.');
    held.pixels.forEach((pixel, i) => {
      ids[pixel] = held.ids[i];
    });
    return ids.join('');
  };

  test('are held for the only annotator there, and for the heavier one where two differ', () => {
    expect(together(['1100', 1], ['0220', 0.5])).toBe('112.');
    expect(together(['0220', 0.5], ['1100', 1])).toBe('112.');
  });

  test('are held for two who agree against one who weighs less than both', () => {
    expect(together(['1', 1], ['2', 0.6], ['2', 0.6])).toBe('2');
    expect(together(['1', 1], ['2', 0.4], ['2', 0.4])).toBe('1');
  });

  test('are free on a tie', () => {
    expect(together(['11', 1], ['12', 1])).toBe('1.');
    expect(together(['1', 1], ['2', 1], ['3', 0.5])).toBe('.');
  });

  test('are free where noise is tolerated', () => {
    expect(heldTogether([{ raster: drawn(['1'], [1]), weight: 1 }], { strokes: 'tolerate' })).toBeUndefined();
  });
});
