/** Which rows of a long grid are on the screen, and where they lie. Pixels throughout. */

/** Browsers give up on elements that are much taller; beyond, a pixel of the scroll bar is more than one of the grid. */
export const maxHeight = 8_000_000;

export interface GridSize {
  /** Cells in all. */
  count: number;
  columns: number;
  /** Height of a row, gap included. */
  row: number;
  /** Height of the window that one looks through. */
  view: number;
}

/** Height of the element that is scrolled. */
export const heightOf = ({ count, columns, row }: GridSize): number =>
  Math.min(maxHeight, Math.ceil(count / columns) * row);

export interface Shown {
  /** The first cell, and the one after the last. */
  first: number;
  last: number;
  /** From the top of the element to the row of the first cell. */
  offset: number;
}

/**
 * @param top how much of the element is scrolled away above the window
 * @param spare rows that are there beyond either edge
 */
export function shownAt(size: GridSize, top: number, spare = 2): Shown {
  const { count, columns, row, view } = size;
  const rows = Math.ceil(count / columns);
  const height = heightOf(size);
  const room = height - view;
  // The end of the bar is the end of the grid, whatever a pixel stands for.
  const scale = height < maxHeight || room <= 0 ? 1 : (rows * row - view) / room;
  const at = Math.max(0, Math.min(top, room)) * scale;
  const from = Math.max(0, Math.floor(at / row) - spare);
  const to = Math.min(rows, Math.ceil((at + view) / row) + spare);
  return {
    first: Math.min(count, from * columns),
    last: Math.min(count, to * columns),
    offset: from * row - at + at / scale,
  };
}

/** How far to scroll until a cell is at the window's top. */
export function topOf(size: GridSize, cell: number): number {
  const { count, columns, row, view } = size;
  const height = heightOf(size);
  const all = Math.ceil(count / columns) * row;
  const at = Math.floor(cell / columns) * row;
  return height < maxHeight ? at : (at * (height - view)) / (all - view);
}
