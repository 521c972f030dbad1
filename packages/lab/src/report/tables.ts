/** Tables of figures. */
import type { Interval } from '@saltworks/contract/documents/bakeoffs';
import type { EvaluationSummary } from '@saltworks/contract/documents/evaluations';
import { mean } from '@saltworks/core/metrics/mean';
import { type Group, order } from './groups.ts';
import type { Stopping } from './help.ts';
import { html, type Markup, name } from './html.ts';
import { heatSteps } from './style.ts';

/** Figures of one variant on one source. */
export type Sum = EvaluationSummary['figures'][number];

const three = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

/** A mean, and small beside it between which bounds it lies. */
function estimated(value: Interval | undefined, digits = 3): Markup {
  if (!value) return html`–`;
  const [mean, low, high] = [value.mean, value.low, value.high].map((number) => number.toFixed(digits));
  return html`${mean} <small>${low}–${high}</small>`;
}

export function table(caption: string, head: readonly string[], rows: readonly (readonly Markup[])[]): Markup {
  return html`<div class="wide"><table>
<caption>${caption}</caption>
<thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row}</tr>\n`)}</tbody>
</table></div>`;
}

export const rowHead = (content: Markup | string): Markup => html`<th scope="row">${content}</th>`;
export const cell = (content: Markup | string | number): Markup => html`<td>${content}</td>`;

/** Variants of one source, a line each. */
export function figuresTable(sums: readonly Sum[]): Markup {
  return table(
    'Means over images, and their 95 % intervals; parts and contour are medians over segments.',
    ['variant', 'images', 'mIoU', 'Dice', 'Boundary IoU', 'parts', 'contour', 'PQ'],
    sums.map(({ variant, figures: { images, parts, contour, pq }, intervals }) => [
      rowHead(name(variant)),
      cell(images),
      ...[intervals.miou, intervals.dice, intervals.boundary_iou].map((value) => cell(estimated(value))),
      cell(parts),
      cell(contour === null ? '–' : contour.toFixed(2)),
      cell(three(pq)),
    ]),
  );
}

/** What correcting took. */
export function correctionsTable(sums: readonly Sum[]): Markup {
  const clicks = sums.some(({ figures }) => figures.noc85 !== undefined);
  return table(
    `Corrections a segment (NCI) until all segments are good enough; the whole budget where that was not reached. Breaks: the right pixels that a correction turns wrong; mends: the wrong pixels of its label that it turns right; harm: corrections that break more pixels than they mend; of each image’s first eight.${clicks ? ' NoC: corrections until a single object is that good.' : ''}`,
    [
      'variant',
      'corrections a segment',
      'images failed',
      'segments failed',
      'breaks',
      'mends',
      'harm',
      ...(clicks ? ['NoC@85', 'NoC@90'] : []),
    ],
    sums.map(({ variant, figures, intervals }) => [
      rowHead(name(variant)),
      cell(estimated(intervals.nci, 2)),
      cell(figures.failed_images ?? '–'),
      cell(figures.failed_segments ?? '–'),
      ...[figures.collateral, figures.mends, figures.harms].map((share, i) =>
        cell(share === undefined ? '–' : `${(100 * share).toFixed(i === 0 ? 2 : 0)} %`),
      ),
      ...(clicks
        ? [figures.noc85, figures.noc90].map((count) => cell(count === undefined ? '–' : count.toFixed(2)))
        : []),
    ]),
  );
}

const two = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(2));
const percent = (value: number | undefined): string => (value === undefined ? '–' : `${(100 * value).toFixed(1)} %`);

/** What the hints of the annotators' page did. */
export function helpTable(sums: readonly Sum[]): Markup {
  return table(
    'Predictions of the IoU: their correlation with it and mean difference, over all masks of all images. Planted strokes with a wrong label: those that are suspect, the share of suspects that are wrong, and right strokes that are suspect where none is wrong.',
    ['variant', 'correlation', 'difference', 'found', 'of suspects', 'alarms'],
    sums.map(({ variant, figures: { correlation, error, recall, precision, alarms } }) => [
      rowHead(name(variant)),
      cell(two(correlation)),
      cell(error === undefined ? '–' : three(error)),
      ...[recall, precision, alarms].map((share) => cell(percent(share))),
    ]),
  );
}

/** Where drawing ends by the prediction. */
export function stoppingTable(stops: readonly Stopping[]): Markup {
  return table(
    'Drawing an image where the page suggests until the prediction reaches a bar: images that reach it, and their mIoU then; strokes an image after the first dots and mIoU at the end, of all images; and how many strokes each image takes to that mIoU if all get as many.',
    ['bar', 'images that reach it', 'mIoU then', 'strokes', 'mIoU of all', 'as many for each'],
    stops.map(({ bar, reached, reachedIou, strokes, iou, fixed }) => [
      rowHead(two(bar)),
      cell(reached),
      cell(three(reachedIou ?? null)),
      cell(two(strokes)),
      cell(three(iou)),
      cell(two(fixed)),
    ]),
  );
}

/** Mean and deviation. */
function spread(values: readonly number[], text: (value: number) => string): Markup {
  if (values.length === 0) return html`–`;
  const middle = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
  return html`${text(middle)} <small>± ${text(deviation)}</small>`;
}

/** Each category over the segments of all images: Tables 2 and 3 of the paper, where patches were counted. */
export function categoryTable({ rows, variant }: Group): Markup {
  const segments = rows.flatMap(({ segments }) => segments);
  const patches = rows.flatMap(({ patches }) => patches ?? []).filter(({ total }) => total > 0);
  const categories = [
    ...segments.map(({ category }) => category ?? ''),
    ...patches.map(({ category }) => category ?? ''),
  ];
  const body = [...new Set(categories)].sort(order).map((category) => {
    const own = segments.filter((segment) => (segment.category ?? '') === category);
    const counted = patches.filter((patch) => (patch.category ?? '') === category);
    const shares = (of: (patch: (typeof patches)[number]) => number) =>
      spread(
        counted.map((patch) => (100 * of(patch)) / patch.total),
        (value) => value.toFixed(1),
      );
    return [
      rowHead(category === '' ? 'background, or without a name' : name(category)),
      cell(own.length),
      ...[own.map(({ iou }) => iou), own.map(({ dice }) => dice)].map((values) => cell(spread(values, three))),
      ...(patches.length > 0
        ? [
            cell(shares(({ right }) => right)),
            cell(shares(({ wrong }) => wrong)),
            cell(shares(({ right, wrong }) => right + wrong)),
            cell(counted.reduce((sum, { total }) => sum + total, 0)),
          ]
        : []),
    ];
  });
  const head = ['category', 'segments', 'IoU', 'Dice'];
  return table(
    `${variant}: mean ± standard deviation over segments${patches.length > 0 ? '; patches that the annotator labelled rightly, wrongly and at all, in percent of the category’s, over images' : ''}.`,
    patches.length > 0 ? [...head, 'right %', 'wrong %', 'labelled %', 'patches'] : head,
    body,
  );
}

const layer = /layer (\d+), (\w+)/;

/** Layers down, facets across: Table 1 of the paper. Undefined unless variants are such. */
export function heatTable(sums: readonly Sum[]): Markup | undefined {
  const cells = sums.map(({ variant, figures: { miou }, intervals }) => ({
    miou,
    interval: intervals.miou,
    at: layer.exec(variant)?.slice(1),
  }));
  if (cells.some(({ at }) => !at)) return undefined;
  const facets = [...new Set(cells.map(({ at }) => at![1]))];
  const layers = [...new Set(cells.map(({ at }) => Number(at![0])))].sort((a, b) => a - b);
  const means = cells.map(({ miou }) => miou);
  const [least, most] = [Math.min(...means), Math.max(...means)];
  const heat = (value: number) =>
    Math.min(heatSteps - 1, Math.floor((heatSteps * (value - least)) / Math.max(most - least, 1e-9)));
  return table(
    'mIoU by layer and facet, with 95 % intervals; the brighter the better.',
    ['layer', ...facets],
    layers.map((number) => [
      rowHead(String(number)),
      ...facets.map((facet) => {
        const found = cells.find(({ at }) => Number(at![0]) === number && at![1] === facet);
        return found ? html`<td class="heat heat-${heat(found.miou)}">${estimated(found.interval)}</td>` : cell('–');
      }),
    ]),
  );
}
