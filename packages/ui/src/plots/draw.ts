/** Plots by uPlot, in the page's own colours. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { moment } from './figures.ts';
import { type Bars, type Curve, heightOf, type Intervals, type Lines, maxBars, type Plot } from './plot.ts';

/** Draws into an element, and again when its size or the colour scheme changes. @returns a function that stops it */
export function draw(host: HTMLElement, plot: Plot): () => void {
  let chart: uPlot | undefined;
  const width = () => Math.max(120, host.clientWidth);
  const redraw = () => {
    chart?.destroy();
    const size = { width: width(), height: heightOf(plot) };
    if (plot.kind === 'bars') chart = bars(host, plot, size);
    else if (plot.kind === 'intervals') chart = intervals(host, plot, size);
    else chart = plot.kind === 'curve' ? curve(host, plot, size) : lines(host, plot, size);
  };
  redraw();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', redraw);
  const resized = new ResizeObserver(() => chart?.setSize({ width: width(), height: heightOf(plot) }));
  resized.observe(host);
  return () => {
    dark.removeEventListener('change', redraw);
    resized.disconnect();
    chart?.destroy();
  };
}

/** A CSS variable as a colour, with `light-dark()` resolved for the current scheme. */
function colourOf(host: HTMLElement, variable: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${variable})`;
  host.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const font = '12px system-ui, sans-serif';

function axisOf(host: HTMLElement): uPlot.Axis {
  const line = { stroke: colourOf(host, '--line'), width: 1 };
  return { font, stroke: colourOf(host, '--faint'), grid: line, ticks: { ...line, size: 4 } };
}

type Size = Pick<uPlot.Options, 'width' | 'height'>;

function lines(host: HTMLElement, { at, series }: Lines, size: Size): uPlot {
  const axis = axisOf(host);
  const value = (_: uPlot, y: number | null) => (y === null ? '–' : String(y));
  const options: uPlot.Options = {
    ...size,
    axes: [
      { ...axis, grid: { show: false }, values: (_, at) => at.map(timeLabel), space: 64 },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] },
    ],
    scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.08)] } },
    series: [
      {
        label: 'Time',
        value: (_: uPlot, at: number | null) => (at === null ? '–' : moment(new Date(at * 1000).toISOString())),
      },
      ...series.map(({ name, colour }) => ({
        label: name,
        stroke: colourOf(host, colour),
        width: 2,
        value,
        points: { show: false },
      })),
    ],
    cursor: { y: false, drag: { x: false, y: false } },
  };
  return new uPlot(options, [at, ...series.map(({ values }) => values)], host);
}

/** A line, in the band between its bounds. */
function curve(host: HTMLElement, { across, points }: Curve, size: Size): uPlot {
  const axis = axisOf(host);
  const [accent, band] = [colourOf(host, '--accent'), colourOf(host, '--line')];
  const bound = { stroke: band, width: 1, points: { show: false } };
  const along = { grid: { show: false }, label: across, labelFont: font, labelSize: 18, size: 30, space: 48 };
  const options: uPlot.Options = {
    ...size,
    axes: [
      { ...axis, ...along, incrs: wholeSteps },
      { ...axis, size: 44, values: (_, at) => at.map((share) => share.toFixed(1)), incrs: [0.1, 0.2, 0.5] },
    ],
    // Room for half a dot beyond the last value, and above 1.
    scales: { x: { time: false, range: (_, __, last) => [0, 1.03 * last] }, y: { range: [0, 1.03] } },
    // In the order of drawing: the line lies over the band.
    series: [
      {},
      bound,
      bound,
      { stroke: accent, width: 2, points: { show: true, size: 5, fill: accent, stroke: accent } },
    ],
    bands: [{ series: [2, 1], fill: band }],
    legend: { show: false },
    cursor: { show: false },
  };
  const rows = (['at', 'low', 'high', 'mean'] as const).map((of) => points.map((point) => point[of]));
  return new uPlot(options, rows as uPlot.AlignedData, host);
}

const wholeSteps = [1, 2, 5, 10, 20, 30, 60, 100, 120, 300, 600, 1200, 3600];

const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });
const hour = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** The date at the start of a day, else the hour. @param at seconds since 1970 */
function timeLabel(at: number): string {
  const time = new Date(at * 1000);
  return time.getHours() + time.getMinutes() === 0 ? day.format(time) : hour.format(time);
}

/** Horizontal bars, with names at the left, where they are readable. */
function bars(host: HTMLElement, { rows, max, show }: Bars, size: Size): uPlot {
  const most = max ?? Math.max(...rows.slice(0, maxBars).map(({ value }) => value), 1e-9) * 1.12;
  const bar = uPlot.paths.bars!({ size: [0.6, 22], radius: 0.2 });
  const series = { fill: colourOf(host, '--accent'), width: 0, paths: bar };
  return named(host, rows, { range: [0, most], show, size, series }, ({ value }, { write }) => write(value));
}

/** Values as dots on the lines between their bounds. */
function intervals(host: HTMLElement, { rows, show }: Intervals, size: Size): uPlot {
  const [low, high] = [Math.min(...rows.map(({ low }) => low)), Math.max(...rows.map(({ high }) => high))];
  const margin = Math.max(0.002, (high - low) * 0.08);
  const accent = colourOf(host, '--accent');
  const range: [number, number] = [low - margin, high + margin];
  return named(host, rows, { range, show, size, series: { paths: () => null } }, (row, { ctx, at, y, write }) => {
    ctx.strokeStyle = accent;
    ctx.lineWidth = 2 * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(at(row.low), y);
    ctx.lineTo(at(row.high), y);
    ctx.stroke();
    ctx.save();
    ctx.fillStyle = accent;
    ctx.beginPath();
    ctx.arc(at(row.value), y, 5 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
    ctx.restore();
    write(row.high, row.value);
  });
}

/** What draws on a row. */
interface Pen {
  ctx: CanvasRenderingContext2D;
  /** Pixels along the axis. */
  at(value: number): number;
  /** Of the row. */
  y: number;
  /** Writes a value behind a place on the axis; default the value there. */
  write(place: number, value?: number): void;
}

interface Named {
  /** Of the axis. */
  range: [number, number];
  show(value: number): string;
  size: Size;
  series: uPlot.Series;
}

/** A row for each name, along one axis, and a mark on each. */
function named<Row extends { name: string; value: number }>(
  host: HTMLElement,
  rows: readonly Row[],
  { range, show, size, series }: Named,
  mark: (row: Row, pen: Pen) => void,
): uPlot {
  const shown = rows.slice(0, maxBars);
  const axis = axisOf(host);
  const ink = colourOf(host, '--ink');
  // Of the width now, which changes with the window.
  const roomIn = (chart: uPlot) => Math.min(160, chart.width * 0.36);
  const cut = (name: string, room: number) => {
    const letters = Math.floor(room / 7.5) - 1;
    return name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
  };
  const options: uPlot.Options = {
    ...size,
    // The value of the longest row stands beside it.
    padding: [4, 52, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, ori: 1, dir: -1, range: [-0.5, shown.length - 0.5] },
      y: { ori: 0, dir: 1, range },
    },
    axes: [
      {
        ...axis,
        side: 3,
        size: roomIn,
        stroke: ink,
        grid: { show: false },
        ticks: { show: false },
        splits: () => shown.map((_, i) => i),
        values: (chart, at) => at.map((i) => cut(shown[i]?.name ?? '', roomIn(chart))),
      },
      { ...axis, side: 2, size: 32, space: 70, values: (_, at) => at.map((value) => show(value)) },
    ],
    series: [{}, { ...series, points: { show: false } }],
    hooks: {
      draw: [
        ({ ctx, valToPos }) => {
          const at = (value: number) => valToPos(value, 'y', true);
          ctx.save();
          ctx.fillStyle = ink;
          ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
          ctx.textAlign = 'left';
          ctx.textBaseline = 'middle';
          shown.forEach((row, i) => {
            const y = valToPos(i, 'x', true);
            const write = (place: number, value = place) =>
              ctx.fillText(show(value), at(place) + 6 * devicePixelRatio, y);
            mark(row, { ctx, at, y, write });
          });
          ctx.restore();
        },
      ],
    },
  };
  return new uPlot(options, [shown.map((_, i) => i), shown.map(({ value }) => value)], host);
}
