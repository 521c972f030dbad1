/** The visible rows of a long grid, and their places. Pixels throughout. */

/** The tallest element that browsers lay out well; in a taller grid, a scrolled pixel moves more than one pixel. */
export const maxHeight = 8_000_000;

export interface GridSize {
  /** The number of cells. */
  count: number;
  columns: number;
  /** Height of a row with its gap. */
  row: number;
  /** Height of the viewport. */
  view: number;
}

/** Height of the scrolled element. */
export const heightOf = ({ count, columns, row }: GridSize): number =>
  Math.min(maxHeight, Math.ceil(count / columns) * row);

export interface Shown {
  /** The first visible cell, and one past the last. */
  first: number;
  last: number;
  /** Distance from the element's top to the first cell's row. */
  offset: number;
}

/**
 * @param top how far the element is scrolled above the viewport
 * @param spare extra rows beyond either edge
 */
export function shownAt(size: GridSize, top: number, spare = 2): Shown {
  const { count, columns, row, view } = size;
  const rows = Math.ceil(count / columns);
  const height = heightOf(size);
  const room = height - view;
  // The end of the scroll bar is the end of the grid, at any scale.
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

/** The scroll position that puts a cell at the viewport's top. */
export function topOf(size: GridSize, cell: number): number {
  const { count, columns, row, view } = size;
  const height = heightOf(size);
  const all = Math.ceil(count / columns) * row;
  const at = Math.floor(cell / columns) * row;
  return height < maxHeight ? at : (at * (height - view)) / (all - view);
}
