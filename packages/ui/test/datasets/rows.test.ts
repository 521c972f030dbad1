import { describe, expect, test } from 'vitest';
import { heightOf, maxHeight, shownAt, topOf } from '../../src/datasets/rows.ts';

const size = { count: 437, columns: 6, row: 200, view: 900 };
const million = { count: 1_000_000, columns: 5, row: 200, view: 900 };

describe('rows of a grid', () => {
  test('the grid is as high as its rows together', () => {
    expect(heightOf(size)).toBe(73 * 200);
    expect(heightOf({ ...size, count: 0 })).toBe(0);
  });

  test('visible rows are in the document, with two spare rows beyond either edge', () => {
    expect(shownAt(size, 0)).toEqual({ first: 0, last: 7 * 6, offset: 0 });
    expect(shownAt(size, 5000)).toEqual({ first: 23 * 6, last: 32 * 6, offset: 23 * 200 });
  });

  test('the last row ends the grid, with no cell beyond it', () => {
    const { first, last, offset } = shownAt(size, heightOf(size) - size.view);
    expect(last).toBe(437);
    expect(offset + Math.ceil((last - first) / size.columns) * size.row).toBe(heightOf(size));
  });

  test('of a million cells a few dozen are in the document, on an element that browsers can lay out', () => {
    const height = heightOf(million);
    expect(height).toBe(maxHeight);
    for (let top = 0; top <= height - million.view; top += 12_345) {
      const { first, last, offset } = shownAt(million, top);
      expect(last - first).toBeLessThanOrEqual(10 * million.columns);
      // Rows begin above the window's top and end below its end.
      expect(first === 0 || offset <= top).toBe(true);
      const end = offset + Math.ceil((last - first) / million.columns) * million.row;
      expect(last === million.count || end >= top + million.view).toBe(true);
    }
  });

  test('the end of the scroll bar shows the last of a million cells', () => {
    const { last, first, offset } = shownAt(million, heightOf(million) - million.view);
    expect(last).toBe(1_000_000);
    expect(offset + ((last - first) / million.columns) * million.row).toBeCloseTo(maxHeight, 3);
  });

  test.each([size, million])('scrolling to a cell puts it first on the screen (%#)', (grid) => {
    for (const cell of [0, 60, grid.count >> 1]) {
      const { first, offset } = shownAt(grid, topOf(grid, cell), 0);
      expect(first).toBe(cell - (cell % grid.columns));
      expect(offset).toBeCloseTo(topOf(grid, cell), 3);
    }
  });

  test('a grid shorter than the viewport is shown whole', () => {
    expect(shownAt({ ...size, count: 4 }, 0)).toEqual({ first: 0, last: 4, offset: 0 });
    expect(shownAt({ ...size, count: 0 }, 0)).toEqual({ first: 0, last: 0, offset: 0 });
  });
});
