/** The page of two compared runs. */
import type {
  ChangedImage,
  EvaluationComparison,
  EvaluationDifference,
} from '@saltworks/contract/documents/evaluation-comparisons';
import type { EvaluationMean } from '@saltworks/contract/documents/evaluations';
import { html, type Markup, name, page } from './html.ts';
import { beforeAfter } from './plots.ts';
import { style } from './style.ts';
import { cell, rowHead, table } from './tables.ts';

/** Images that are listed. */
const listed = 30;

const titles: Record<EvaluationMean, string> = {
  miou: 'mIoU',
  dice: 'Dice',
  boundary_iou: 'Boundary IoU',
  nci: 'corrections a segment',
};

export function comparisonPage({ dataset, before, after, differences, images }: EvaluationComparison): string {
  const title = `Two evaluations of ${dataset}`;
  const protocols = [...new Set(differences.map(({ protocol }) => protocol))];
  return page(
    title,
    style,
    html`<h1>${title}</h1>
<dl><dt>before</dt><dd>${name(before.preset)} on ${name(before.backbone)}</dd>
<dt>after</dt><dd>${name(after.preset)} on ${name(after.backbone)}</dd></dl>
<p>Both runs are of the same images, so differences are taken image by image. An interval that holds 0 may be chance.</p>
${protocols.map(
  (protocol) => html`<section id="${protocol}">
<h2>${protocol}</h2>
${differencesTable(differences.filter((difference) => difference.protocol === protocol))}
${changes(images.filter((image) => image.protocol === protocol))}
</section>
`,
)}`,
  );
}

function differencesTable(differences: readonly EvaluationDifference[]): Markup {
  return table(
    'Means over images, and the mean difference with its 95 % interval.',
    ['source', 'variant', 'measure', 'images', 'before', 'after', 'difference', 'better', 'worse'],
    differences.map(({ source, before, after, measure, images, values, difference, better, worse }) => [
      rowHead(name(source)),
      html`<td class="text">${name(before)}${before === after ? '' : html` → ${name(after)}`}</td>`,
      html`<td class="text">${titles[measure]}</td>`,
      cell(images),
      cell(values.before.toFixed(3)),
      cell(values.after.toFixed(3)),
      cell(html`${signed(difference.mean)} <small>${signed(difference.low)} to ${signed(difference.high)}</small>`),
      cell(better),
      cell(worse),
    ]),
  );
}

function changes(images: readonly ChangedImage[]): Markup {
  const unchanged = images.filter(({ before, after }) => before === after).length;
  const most = images.slice(0, listed).filter(({ before, after }) => before !== after);
  return html`<h3>Images</h3>
<div class="plots">${beforeAfter(images, { title: 'mIoU of every image: circles gained, triangles lost', x: 'before', y: 'after' })}</div>
${table(
  `The ${most.length} that changed most; ${unchanged} of ${images.length} did not change.`,
  ['image', 'source', 'before', 'after', 'change'],
  most.map(({ image, source, before, after }) => [
    rowHead(name(image)),
    html`<td class="text">${name(source)}</td>`,
    cell(before.toFixed(3)),
    cell(after.toFixed(3)),
    html`<td class="${after < before ? 'worse' : 'better'}">${signed(after - before)}</td>`,
  ]),
)}`;
}

export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
