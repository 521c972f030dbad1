/** What a plot shows. */

/** A value for each of several names; one series. */
export interface Bars {
  kind: 'bars';
  rows: { name: string; value: number }[];
  /** Of the axis; default what the values need. */
  max?: number;
  show(value: number): string;
}

/** Values over time. */
export interface Lines {
  kind: 'lines';
  /** Seconds since 1970, ascending. */
  at: number[];
  /** colour: the name of a CSS variable. */
  series: { name: string; values: number[]; colour: string }[];
}

export type Plot = Bars | Lines;

/** More bars than this are no picture any more: the table has them all. */
export const maxBars = 24;
/** Pixels. */
const barHeight = 30;

/** Pixels that a plot takes. */
export const heightOf = (plot: Plot): number =>
  plot.kind === 'lines' ? 240 : Math.min(maxBars, plot.rows.length) * barHeight + 40;
