/** Plots by uPlot, in the page's own colours. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { moment } from './figures.ts';
import { type Bars, heightOf, type Lines, maxBars, type Plot } from './plot.ts';

/** Draws into an element, and again when its size or the colour scheme changes. @returns a function that stops it */
export function draw(host: HTMLElement, plot: Plot): () => void {
  let chart: uPlot | undefined;
  const width = () => Math.max(120, host.clientWidth);
  const redraw = () => {
    chart?.destroy();
    const size = { width: width(), height: heightOf(plot) };
    chart = plot.kind === 'bars' ? bars(host, plot, size) : lines(host, plot, size);
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

const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });
const hour = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** The date at the start of a day, else the hour. @param at seconds since 1970 */
function timeLabel(at: number): string {
  const time = new Date(at * 1000);
  return time.getHours() + time.getMinutes() === 0 ? day.format(time) : hour.format(time);
}

/** Horizontal bars, with names at the left, where they are readable. */
function bars(host: HTMLElement, { rows, max, show }: Bars, size: Size): uPlot {
  const shown = rows.slice(0, maxBars);
  const axis = axisOf(host);
  const ink = colourOf(host, '--ink');
  const accent = colourOf(host, '--accent');
  const most = max ?? Math.max(...shown.map(({ value }) => value), 1e-9) * 1.12;
  const room = Math.min(160, size.width * 0.36);
  const cut = (name: string) => {
    const letters = Math.floor(room / 7.5) - 1;
    return name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
  };
  const options: uPlot.Options = {
    ...size,
    // The longest bar's value stands beside it.
    padding: [4, 52, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, ori: 1, dir: -1, range: [-0.5, shown.length - 0.5] },
      y: { ori: 0, dir: 1, range: [0, most] },
    },
    axes: [
      {
        ...axis,
        side: 3,
        size: room,
        stroke: ink,
        grid: { show: false },
        ticks: { show: false },
        splits: () => shown.map((_, i) => i),
        values: (_, at) => at.map((i) => cut(shown[i]?.name ?? '')),
      },
      { ...axis, side: 2, size: 32, space: 70, values: (_, at) => at.map((value) => show(value)) },
    ],
    series: [
      {},
      { fill: accent, width: 0, paths: uPlot.paths.bars!({ size: [0.6, 22], radius: 0.2 }), points: { show: false } },
    ],
    hooks: {
      draw: [
        ({ ctx, valToPos }) => {
          ctx.save();
          ctx.fillStyle = ink;
          ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
          ctx.textAlign = 'left';
          ctx.textBaseline = 'middle';
          shown.forEach(({ value }, i) => {
            ctx.fillText(show(value), valToPos(value, 'y', true) + 6 * devicePixelRatio, valToPos(i, 'x', true));
          });
          ctx.restore();
        },
      ],
    },
  };
  return new uPlot(options, [shown.map((_, i) => i), shown.map(({ value }) => value)], host);
}
