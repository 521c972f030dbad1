/** A run's report: one page that needs nothing beside itself, and its numbers as JSON and CSV. */
import type { EvaluationEstimate, EvaluationReport } from '@saltworks/contract/documents/evaluation-reports';
import type { EvaluationPlan, EvaluationRow, ProtocolName } from '@saltworks/contract/documents/evaluations';
import type { ChosenImage } from './choose.ts';
import { rowsCsv } from './csv.ts';
import { estimateOf } from './estimates.ts';
import { byImage, type Group, groupsOf, measures } from './groups.ts';
import { html, type Markup, name, page } from './html.ts';
import type { Frame } from './pictures.ts';
import { bars, curves, type Series } from './plots.ts';
import { style } from './style.ts';
import { categoryTable, correctionsTable, figuresTable, heatTable } from './tables.ts';

/** Pictures of a chosen image. */
export interface Scene extends ChosenImage {
  frames: readonly Frame[];
}

export interface RunResults {
  plan: EvaluationPlan;
  rows: readonly EvaluationRow[];
  scenes: readonly Scene[];
}

/** Files by name. The same results give the same bytes. */
export function makeReport({
  plan,
  rows,
  scenes,
}: RunResults): Record<'report.html' | 'report.json' | 'report.csv', string> {
  const groups = groupsOf(rows).map((group) => ({ ...group, estimate: estimateOf(group) }));
  const report: EvaluationReport = {
    version: 1,
    dataset: plan.dataset,
    estimates: groups.map(({ estimate }) => estimate),
  };
  const title = `Evaluation of ${plan.dataset}`;
  const sections = [...new Set(groups.map(({ protocol }) => protocol))].map((protocol) =>
    section(
      protocol,
      groups.filter((group) => group.protocol === protocol),
      scenes,
    ),
  );
  return {
    'report.html': page(title, style, html`<h1>${title}</h1>\n${facts(plan, rows)}\n${sections}`),
    'report.json': `${JSON.stringify(report, null, 1)}\n`,
    'report.csv': rowsCsv(rows),
  };
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
  noise: 'Wrong labels',
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
  noise: 'A share p of the labelled patches gets a wrong label.',
  sparse: 'A share p of the labelled patches is removed; each label keeps at least one.',
  'one-patch': 'Each class keeps one labelled patch, drawn by chance, several times over.',
  layers: 'The same strokes on keys, queries and values of several layers of the backbone.',
  graphs: 'The same strokes and keys on several graphs.',
  backbones: 'The same strokes on keys of several backbones.',
  upsample: 'The ×2 grid of nodes, interpolated between patches or measured by overlapping ones.',
};

type Estimated = Group & { estimate: EvaluationEstimate };

function section(protocol: ProtocolName, groups: readonly Estimated[], scenes: readonly Scene[]): Markup {
  const sources = [...new Set(groups.map(({ source }) => source))];
  const rows = groups.flatMap((group) => group.rows);
  return html`<section id="${protocol}">
<h2>${titles[protocol]}</h2>
<p>${introductions[protocol]}</p>
${sources.map((source) => {
  const own = groups.filter((group) => group.source === source);
  const estimates = own.map(({ estimate }) => estimate);
  const heat = protocol === 'layers' ? heatTable(estimates) : undefined;
  const pictured = scenes.filter((scene) => scene.protocol === protocol && scene.source === source);
  return html`<h3>${sourceName(source)}</h3>
${figuresTable(estimates)}
${estimates.some(({ corrections }) => corrections) ? correctionsTable(estimates) : []}
${heat ?? html`<div class="plots">${plots(source, estimates)}</div>`}
${hasCategories(own[0]) ? categoryTable(own[0]) : []}
${pictured.map((scene) => pictures(scene, rows))}`;
})}
</section>
`;
}

const hasCategories = ({ protocol, rows }: Group) =>
  (protocol === 'strokes' && rows.some(({ segments }) => segments.some(({ category }) => category !== undefined))) ||
  rows.some(({ patches }) => patches);

/** The protocol's curves, where variants are a scale; else bars, where there is something to compare. */
function plots(source: string, estimates: readonly EvaluationEstimate[]): Markup[] {
  const of = source === '' ? '' : `, ${source}`;
  const corrected: Series[] = estimates.flatMap(({ variant, corrections }) =>
    corrections ? [{ name: variant, points: corrections.curve.map((y, x) => ({ x, y })) }] : [],
  );
  if (corrected.length > 0) {
    return [curves(corrected, { title: `mIoU after corrections${of}`, x: 'corrections of an image', y: 'mIoU' })];
  }
  const scaled = estimates.filter(({ x }) => x !== undefined);
  const others = estimates.filter(({ x }) => x === undefined);
  const compared = others.map(({ variant, miou }) => ({ name: variant, value: miou }));
  return [
    ...[...byScale(scaled)].map(([x, series]) => curves(series, { title: `mIoU by ${x}${of}`, x, y: 'mIoU' })),
    ...(compared.length > 1 ? [bars(compared, { title: `mIoU${of}`, x: 'mIoU', y: 'variant' })] : []),
  ];
}

/** What varies, from the end of a variant's name: "paper, p = 0.3". */
const varied = /^(?:(.*), )?([^,=]+) = [^,=]+$/;

/** Series by what varies. */
function byScale(estimates: readonly EvaluationEstimate[]): Map<string, Series[]> {
  const scales = new Map<string, Map<string, { x: number; y: EvaluationEstimate['miou'] }[]>>();
  for (const { variant, x, miou } of estimates) {
    const [, series = variant, scale = 'x'] = varied.exec(variant) ?? [];
    const found = scales.get(scale) ?? new Map<string, { x: number; y: EvaluationEstimate['miou'] }[]>();
    found.set(series, [...(found.get(series) ?? []), { x: x!, y: miou }]);
    scales.set(scale, found);
  }
  return new Map(
    [...scales].map(([scale, found]) => [scale, [...found].map(([name, points]) => ({ name, points }))] as const),
  );
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
      html`<figure><img src="${src}" width="${width}" height="${height}" loading="lazy" alt="${caption} of ${image}"><figcaption>${caption}</figcaption></figure>\n`,
  )}</div>
</section>
`;
}
