/** A run's report: one page that needs nothing beside itself. */
import type { Interval } from '@saltworks/contract/documents/bakeoffs';
import type {
  EvaluationPlan,
  EvaluationRow,
  EvaluationSummary,
  ProtocolName,
} from '@saltworks/contract/documents/evaluations';
import { pairedIntervals } from '@saltworks/core/judge/bootstrap';
import { isOwn } from '../protocols/corrections.ts';
import { byImage, type Group, groupsOf, measures } from './groups.ts';
import { courseCurve, coursesOf, nextImageCurves, stoppings } from './help.ts';
import { html, type Markup, name, page } from './html.ts';
import { bars, beforeAfter, curves, type Series } from './plots.ts';
import type { Scene } from './scenes.ts';
import { style } from './style.ts';
import {
  categoryTable,
  correctionsTable,
  figuresTable,
  heatTable,
  helpTable,
  type Sum,
  stoppingTable,
} from './tables.ts';

export interface RunResults {
  plan: EvaluationPlan;
  rows: readonly EvaluationRow[];
  summary: EvaluationSummary;
  scenes: readonly Scene[];
}

/** The page. The same results give the same bytes. */
export function reportPage({ plan, rows, summary, scenes }: RunResults): string {
  const title = `Evaluation of ${plan.dataset}`;
  // Where the dataset names sources, they are told apart.
  const named = summary.figures.some(({ source }) => source !== null);
  const sums = summary.figures.filter(({ source }) => !named || source !== null);
  const groups = groupsOf(rows).flatMap((group): Summed[] => {
    const { protocol, source, variant } = group;
    const sum = sums.find(
      (one) => one.protocol === protocol && one.variant === variant && (one.source ?? '') === source,
    );
    return sum ? [{ ...group, sum }] : [];
  });
  const sections = [...new Set(groups.map(({ protocol }) => protocol))].map((protocol) =>
    section(
      protocol,
      groups.filter((group) => group.protocol === protocol),
      scenes,
      plan.preset,
    ),
  );
  return page(title, style, html`<h1>${title}</h1>\n${facts(plan, rows)}\n${sections}${failures(summary)}`);
}

function facts(
  { backbone, preset, budget, bar, seed, images }: EvaluationPlan,
  rows: readonly EvaluationRow[],
): Markup {
  const sources = [...new Set(images.map(({ source }) => source))];
  const counts = sources.map((source) => {
    const count = images.filter((image) => image.source === source).length;
    return html`${sourceName(source)}: ${count} `;
  });
  const measured = new Set(rows.map(({ image }) => image)).size;
  const listed: [string, Markup | string | number][] = [
    ['images', html`${counts}${measured < images.length ? `(${measured} of them measured)` : ''}`],
    ['backbone', name(backbone)],
    ['preset', name(preset)],
    ['corrections', `${budget} a segment at most, until its IoU is ${bar}`],
    ['seed', seed],
  ];
  return html`<dl>${listed.map(([term, told]) => html`<dt>${term}</dt><dd>${told}</dd>\n`)}</dl>`;
}

const sourceName = (source: string): Markup => (source === '' ? html`all images` : name(source));

const titles: Record<ProtocolName, string> = {
  strokes: 'Masks from strokes',
  corrections: 'Corrections',
  help: 'Help',
  noise: 'Misplaced labels',
  sparse: 'Fewer labels',
  'one-patch': 'One patch a class',
  layers: 'Layers and facets',
  graphs: 'Graphs',
  backbones: 'Backbones',
  upsample: 'From patches to nodes',
};

const introductions: Record<ProtocolName, string> = {
  strokes: 'Every image is solved once, from its strokes.',
  corrections:
    'A simulated annotator corrects the mask where it is most wrong, again and again, until every segment is good enough or the budget is spent.',
  help: 'From a dot a segment on, the next stroke lies where the annotators’ page suggests, where chance does, or on the worst error. Strokes with a wrong label are planted among a robot’s right ones. The page predicts the IoU of every mask.',
  noise: 'Each labelled patch moves with probability p, by a normal distance, and so may get a wrong label.',
  sparse: 'A share p of the labelled patches is removed; each label keeps at least one.',
  'one-patch': 'Each class keeps one labelled patch, drawn by chance, several times over.',
  layers: 'The same strokes on keys, queries and values of several layers of the backbone.',
  graphs: 'The same strokes and keys on several graphs.',
  backbones: 'The same strokes on keys of several backbones.',
  upsample: 'Keys between patches, interpolated or measured in four shifted passes.',
};

type Summed = Group & { sum: Sum };

function section(protocol: ProtocolName, groups: readonly Summed[], scenes: readonly Scene[], preset: string): Markup {
  const sources = [...new Set(groups.map(({ source }) => source))];
  const rows = groups.flatMap((group) => group.rows);
  return html`<section id="${protocol}">
<h2>${titles[protocol]}</h2>
<p>${introductions[protocol]}</p>
${sources.map((source) => {
  const own = groups.filter((group) => group.source === source);
  const sums = own.map(({ sum }) => sum);
  const heat = protocol === 'layers' ? heatTable(sums) : undefined;
  const pictured = scenes.filter((scene) => scene.protocol === protocol && scene.source === source);
  return html`<h3>${sourceName(source)}</h3>
${figuresTable(sums)}
${protocol === 'corrections' ? correctionsTable(sums) : []}
${protocol === 'help' ? helpTables(own) : []}
${heat ?? html`<div class="plots">${plots(source, own, preset)}</div>`}
${hasCategories(own[0]) ? categoryTable(own[0]) : []}
${pictured.map((scene) => pictures(scene, rows))}`;
})}
</section>
`;
}

/** What hints did, and where drawing would have ended by the prediction. */
function helpTables(groups: readonly Summed[]): Markup[] {
  const courses = coursesOf(groups.find(({ variant }) => variant === 'suggested')?.rows ?? []);
  return [helpTable(groups.map(({ sum }) => sum)), ...(courses.length > 0 ? [stoppingTable(stoppings(courses))] : [])];
}

/** IoU by strokes for each placement; strokes spread over images; predictions beside the truth. */
function helpPlots(of: string, groups: readonly Summed[]): Markup[] {
  const courses = groups.flatMap(({ variant, rows }) => {
    const own = coursesOf(rows);
    return own.length > 0 ? [{ name: variant, own }] : [];
  });
  const suggested = courses.find(({ name }) => name === 'suggested')?.own;
  if (!suggested) return [];
  const states = suggested.flatMap(({ curve, predicted }) =>
    curve.map((after, n) => ({ before: predicted[n], after })),
  );
  return [
    curves(
      courses.map(({ name, own }) => ({ name, points: courseCurve(own) })),
      { title: `mIoU by place of the next stroke${of}`, x: 'strokes after the first dots', y: 'mIoU' },
    ),
    curves(nextImageCurves(suggested), {
      title: `mIoU by choice of the next image${of}`,
      x: 'strokes an image',
      y: 'mIoU of all images',
    }),
    beforeAfter(states, { title: `mIoU as predicted and in truth${of}`, x: 'predicted', y: 'true' }),
  ];
}

const hasCategories = ({ protocol, rows }: Group) =>
  (protocol === 'strokes' && rows.some(({ segments }) => segments.some(({ category }) => category !== undefined))) ||
  rows.some(({ patches }) => patches);

/** Corrections after which curves end, at most. */
const longest = 20;

/** mIoU after 0, 1, 2 … corrections. An image that needs no more stays as it is. */
function curveOf(rows: readonly EvaluationRow[]): Series['points'] {
  const found = rows.flatMap(({ corrections }) => (corrections ? [corrections.curve] : []));
  const length = Math.min(longest + 1, Math.max(...found.map((curve) => curve.length)));
  const after = Array.from({ length }, (_, n) => found.map((curve) => curve[Math.min(n, curve.length - 1)]));
  return pairedIntervals(after).map(({ value }, x) => ({ x, y: value }));
}

/** Curves where corrections were counted or variants are a scale; else bars, where there is something to compare. */
function plots(source: string, groups: readonly Summed[], preset: string): Markup[] {
  const of = source === '' ? '' : `, ${source}`;
  if (groups.some(({ protocol }) => protocol === 'help')) return helpPlots(of, groups);
  const corrected = groups.filter(({ rows }) => rows.some(({ corrections }) => corrections));
  const most = Math.max(...groups.map(({ sum }) => sum.figures.images));
  // A method that does not apply everywhere has been spared what is hard for others.
  const some = ({ sum: { figures } }: Summed) => (figures.images < most ? ` (${figures.images} of ${most})` : '');
  if (corrected.length > 0) {
    const seriesOf = (groups: readonly Summed[], nameOf: (group: Summed) => string) =>
      groups.map((group) => ({ name: nameOf(group) + some(group), points: curveOf(group.rows) }));
    const own = corrected.filter(({ variant }) => isOwn(variant));
    const others = corrected.filter((group) => !own.includes(group));
    const methods = [...own.slice(0, 1), ...others];
    const methodOf = ({ variant }: Summed) => (isOwn(variant) ? preset : variant.replace(/^.*?, /, ''));
    const told = [
      { series: seriesOf(own, ({ variant }) => variant), title: 'mIoU after corrections' },
      ...(others.length > 0
        ? [{ series: seriesOf(methods, methodOf), title: 'mIoU after corrections from strokes, by method' }]
        : []),
    ];
    return told.map(({ series, title }) =>
      curves(series, { title: title + of, x: 'corrections of an image', y: 'mIoU' }),
    );
  }
  const compared = groups.flatMap((group) => {
    const { variant, x, sum } = group;
    if (x !== undefined || !sum.intervals.miou) return [];
    return [{ name: variant + some(group), value: sum.intervals.miou }];
  });
  return [
    ...[...byScale(groups)].map(([x, series]) => curves(series, { title: `mIoU by ${x}${of}`, x, y: 'mIoU' })),
    ...(compared.length > 1 ? [bars(compared, { title: `mIoU${of}`, x: 'mIoU', y: 'variant' })] : []),
  ];
}

/** What varies, at the end of a variant's name: "paper, p = 0.3". */
const varied = /^(?:(.*), )?([^,=]+) = [^,=]+$/;

/** Series by what varies. */
function byScale(groups: readonly Summed[]): Map<string, Series[]> {
  const scales = new Map<string, Map<string, { x: number; y: Interval }[]>>();
  for (const { variant, x, sum } of groups) {
    if (x === undefined || !sum.intervals.miou) continue;
    const [, series = variant, scale = 'x'] = varied.exec(variant) ?? [];
    const found = scales.get(scale) ?? new Map<string, { x: number; y: Interval }[]>();
    found.set(series, [...(found.get(series) ?? []), { x, y: sum.intervals.miou }]);
    scales.set(scale, found);
  }
  return new Map([...scales].map(([scale, found]) => [scale, [...found].map(([name, points]) => ({ name, points }))]));
}

function failures({ failures }: EvaluationSummary): Markup {
  if (failures.length === 0) return html``;
  return html`<section id="failures">
<h2>Images that failed</h2>
<ul>${failures.map(({ protocol, image, reason }) => html`<li>${name(image)}, ${protocol}: ${reason}</li>\n`)}</ul>
</section>`;
}

function pictures({ image, protocol, variant, rank, frames }: Scene, rows: readonly EvaluationRow[]): Markup {
  const own = rows.filter((row) => row.image === image && row.variant === variant);
  const nci = byImage(own, measures.nci).get(image);
  const told = [
    `mIoU ${byImage(own, measures.miou).get(image)?.toFixed(3)}`,
    ...(nci === undefined ? [] : [`${nci.toFixed(1)} corrections a segment`]),
  ];
  return html`<section class="scene">
<h4>${rank[0].toUpperCase() + rank.slice(1)}: ${name(image)} <span class="quiet">${told.join(', ')}${protocol === 'corrections' ? '' : ` (${variant})`}</span></h4>
<div class="frames">${frames.map(
    ({ caption, src, width, height }) =>
      html`<figure><img src="${src}" width="${width}" height="${height}" alt="${caption} of ${image}"><figcaption>${caption}</figcaption></figure>\n`,
  )}</div>
</section>
`;
}
