/** The data of a plot. */

/** One series: a value for each name. */
export interface Bars {
  kind: 'bars';
  rows: { name: string; value: number }[];
  /** Range of the axis; by default, the values' own. */
  max?: number;
  show(value: number): string;
}

/** A value for each name, and the bounds that it lies within. */
export interface Intervals {
  kind: 'intervals';
  rows: { name: string; value: number; low: number; high: number }[];
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

/** Shares, 0 … 1, along an amount, with the bounds that each lies within. */
export interface Curve {
  kind: 'curve';
  /** What is along the axis. */
  across: string;
  /** In ascending order. */
  points: { at: number; mean: number; low: number; high: number }[];
}

export type Plot = Bars | Intervals | Lines | Curve;

/** Whether it has a row for each name. */
export const hasRows = (plot: Plot): plot is Bars | Intervals => plot.kind === 'bars' || plot.kind === 'intervals';

/** A plot shows at most this many bars; the table has them all. */
export const maxBars = 24;
/** Pixels. */
const barHeight = 30;

/** Height of a plot, pixels. */
export const heightOf = (plot: Plot): number =>
  hasRows(plot) ? Math.min(maxBars, plot.rows.length) * barHeight + 40 : 240;
