/** Plots of numbers as SVG that stands in a page: drawn by Observable Plot, coloured and sized by the page's style sheet. */
import * as Plot from '@observablehq/plot';
import type { Interval } from '@saltworks/contract/documents/bakeoffs';
import { parseHTML } from 'linkedom';
import { html, Markup } from './html.ts';
import { seriesCount } from './style.ts';

export interface Series {
  name: string;
  points: readonly { x: number; y: Interval }[];
}

/** Text that a screen reader says for the plot, and what its axes show. */
export interface PlotTexts {
  title: string;
  x: string;
  y: string;
}

/** Pixels of a screen; narrow enough that letters stay legible on a phone. */
const size = { width: 464, height: 280, top: 28, right: 150, bottom: 40, left: 44 };
const fontSize = 12;

const colourOf = (i: number) => `var(--series-${i % seriesCount})`;
/** Lines differ in more than colour. */
const dashes = ['', '6 3', '2 3', '8 3 2 3'];

/** Lines with bands of their intervals, named at their ends. */
export function curves(series: readonly Series[], texts: PlotTexts): Markup {
  const all = series.flatMap(({ points }) => points.map(({ y }) => y));
  const [least, most] = [Math.min(...all.map(({ low }) => low)), Math.max(...all.map(({ high }) => high))];
  const room = Math.max(0.02, 0.05 * (most - least));
  const domain: [number, number] = [Math.max(0, least - room), most + room];
  const lines = series.map(({ name, points }, i) => ({
    name,
    points: points.toSorted((a, b) => a.x - b.x),
    colour: colourOf(i),
    dash: dashes[i % dashes.length],
  }));
  const ends = lines.map(({ points }) => points[points.length - 1].y.mean);
  const pixel = (domain[1] - domain[0]) / (size.height - size.top - size.bottom);
  const heights = apart(ends, 15 * pixel);
  const right = Math.max(...series.flatMap(({ points }) => points.map(({ x }) => x)));
  return drawn(texts, {
    height: size.height,
    marginRight: size.right,
    x: { label: texts.x, labelAnchor: 'center' },
    y: { label: texts.y, domain, grid: true, ticks: 5 },
    marks: [
      ...lines.flatMap(({ points, colour, dash }) => [
        Plot.areaY(points, { x: 'x', y1: (p) => p.y.low, y2: (p) => p.y.high, fill: colour, fillOpacity: 0.15 }),
        Plot.line(points, {
          x: 'x',
          y: (p) => p.y.mean,
          stroke: colour,
          strokeWidth: 2,
          strokeDasharray: dash || undefined,
        }),
        Plot.dot(points, { x: 'x', y: (p) => p.y.mean, fill: colour, r: 2.5 }),
      ]),
      ...lines.map(({ name, colour }, i) =>
        Plot.text([name], {
          x: () => right,
          y: () => heights[i],
          text: () => shortened(name, 24),
          fill: colour,
          textAnchor: 'start',
          dx: 8,
        }),
      ),
    ],
  });
}

export interface Bar {
  name: string;
  value: Interval;
}

/** A bar for each name, from zero, with its interval and its number. */
export function bars(items: readonly Bar[], texts: PlotTexts): Markup {
  const most = Math.max(...items.map(({ value }) => value.high));
  return drawn(texts, {
    height: 24 * items.length + 48,
    marginTop: 8,
    marginLeft: 130,
    marginRight: 48,
    x: { label: texts.x, labelAnchor: 'center', domain: [0, most], grid: true, ticks: 5 },
    y: {
      label: null,
      domain: items.map((_, i) => i),
      tickFormat: (i: number) => shortened(items[i].name, 20),
      tickSize: 0,
    },
    marks: [
      Plot.barX(items, {
        x: ({ value }) => value.mean,
        y: (_, i) => i,
        fill: colourOf(0),
        insetTop: 2,
        insetBottom: 2,
      }),
      Plot.ruleY(items, {
        x1: ({ value }) => value.low,
        x2: ({ value }) => value.high,
        y: (_, i) => i,
        stroke: 'currentColor',
        strokeWidth: 1.5,
      }),
      Plot.text(items, {
        x: ({ value }) => value.high,
        y: (_, i) => i,
        text: ({ value }) => value.mean.toFixed(3),
        textAnchor: 'start',
        dx: 5,
      }),
    ],
  });
}

interface Changed {
  before: number;
  after: number;
}

const isWorse = ({ before, after }: Changed) => after < before;

/** Images as points: before across, after upwards; on the diagonal nothing changed. */
export function beforeAfter(images: readonly Changed[], texts: PlotTexts): Markup {
  const least = Math.min(...images.flatMap(({ before, after }) => [before, after]));
  const ends = [Math.max(0, least - 0.02), 1];
  return drawn(texts, {
    height: 400,
    x: { label: texts.x, labelAnchor: 'center', domain: ends, grid: true, ticks: 5 },
    y: { label: texts.y, domain: ends, grid: true, ticks: 5 },
    marks: [
      Plot.line(ends, { x: (end) => end, y: (end) => end, stroke: 'currentColor', strokeDasharray: '4 3' }),
      ...([false, true] as const).map((worse) =>
        Plot.dot(
          images.filter((image) => isWorse(image) === worse),
          {
            x: 'before',
            y: 'after',
            fill: colourOf(worse ? 1 : 2),
            fillOpacity: 0.7,
            symbol: worse ? 'triangle' : 'circle',
          },
        ),
      ),
    ],
  });
}

/** What is used of the browsers' own types, which are not known here. */
interface DrawnElement {
  setAttribute(name: string, value: string): void;
  querySelectorAll(selector: string): Iterable<{ remove(): void }>;
  outerHTML: string;
}

function drawn({ title, x, y }: PlotTexts, options: Plot.PlotOptions): Markup {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg: unknown = Plot.plot({
    document,
    className: 'plot',
    ariaLabel: `${title}: ${y} by ${x}`,
    width: size.width,
    marginTop: size.top,
    marginRight: 16,
    marginBottom: size.bottom,
    marginLeft: size.left,
    ...options,
  });
  const element = svg as DrawnElement;
  element.setAttribute('role', 'img');
  element.setAttribute('font-size', String(fontSize));
  // The page's policy forbids styles of its parts.
  for (const style of element.querySelectorAll('style')) style.remove();
  return html`<figure>${new Markup(element.outerHTML)}<figcaption>${title}</figcaption></figure>`;
}

const shortened = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** Moves values apart until neighbours differ by `gap`, as little as that takes from the lowest up. */
export function apart(values: readonly number[], gap: number): number[] {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const moved = [...values];
  for (let pass = 0; pass < values.length; pass++) {
    for (let i = 1; i < order.length; i++) {
      const [below, above] = [order[i - 1], order[i]];
      const short = gap - (moved[above] - moved[below]);
      if (short <= 1e-12) continue;
      moved[below] -= short / 2;
      moved[above] += short / 2;
    }
  }
  return moved;
}
