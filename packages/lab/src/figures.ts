/** Rows of images summed up: figures of each protocol and variant, over all images and by source, with intervals. */
import {
  type EvaluationFigures,
  type EvaluationMean,
  type EvaluationRow,
  type EvaluationSummary,
  evaluationMeans,
  type HelpCounts,
} from '@saltworks/contract/documents/evaluations';
import { predictedQuality } from '@saltworks/core/help/quality';
import { pairedIntervals } from '@saltworks/core/judge/bootstrap';
import { mean } from '@saltworks/core/metrics/mean';
import { panopticQuality } from '@saltworks/core/metrics/panoptic-quality';

/** Corrections of an image whose effects count: later ones mend little, and would outweigh the first. */
const early = 8;

type Sum = EvaluationSummary['figures'][number];

/** One entry a protocol, variant and source, in the order of the rows; sources by name, after all of them together. */
export function summedUp(rows: readonly EvaluationRow[]): Sum[] {
  const variants = groupsOf(rows, ({ protocol, variant }) => `${protocol} ${variant}`);
  return [...variants.values()].flatMap((own) => {
    const [{ protocol, variant, x }] = own;
    const sources = groupsOf(own, ({ source }) => source);
    const named = [...sources].filter(([source]) => source !== '').sort(([a], [b]) => (a < b ? -1 : 1));
    return [[null, own] as const, ...named].map(([source, rows]): Sum => {
      const shared = { protocol, variant, ...(x !== undefined && { x }), source };
      return { ...shared, figures: figuresOf(rows), intervals: intervalsOf(rows) };
    });
  });
}

/** @param rows of one variant; of an image it may have several, which differ in what chance chose */
export function figuresOf(rows: readonly EvaluationRow[]): EvaluationFigures {
  const segments = rows.flatMap(({ segments }) => segments);
  const panoptic = rows.flatMap(({ panoptic }) => panoptic);
  const corrections = rows.flatMap(({ corrections }) => corrections ?? []);
  const noc = corrections.flatMap(({ noc }) => noc ?? []);
  const needed = corrections.flatMap(({ needed }) => needed);
  const help = rows.flatMap(({ help }) => help ?? []);
  const effects = corrections.flatMap(({ effects }) => effects.slice(0, early));
  const harms = effects.flatMap(({ harms }) => (harms === undefined ? [] : Number(harms)));
  const means = Object.fromEntries(evaluationMeans.map((name) => [name, meanOf(valuesOf(rows, name))]));
  return {
    images: new Set(rows.map(({ image }) => image)).size,
    miou: means.miou ?? 0,
    dice: means.dice ?? 0,
    boundary_iou: means.boundary_iou ?? 0,
    parts: median(segments.map(({ parts }) => parts)) ?? 0,
    contour: median(segments.flatMap(({ contour }) => contour ?? [])) ?? null,
    pq: panoptic.length > 0 ? panopticQuality(panoptic).pq : null,
    ...(corrections.length > 0 && {
      nci: means.nci,
      failed_segments: needed.filter((count) => count === null).length,
      failed_images: corrections.filter(({ sufficed }) => !sufficed).length,
      collateral: meanOf(effects.map(({ breaks }) => breaks)) ?? 0,
      mends: meanOf(effects.map(({ mends }) => mends)) ?? 0,
      ...(harms.length > 0 && { harms: mean(harms) }),
    }),
    ...predictionFigures(help),
    ...suspectFigures(help),
    ...(noc.length > 0 && { noc85: mean(noc.map(({ at85 }) => at85)), noc90: mean(noc.map(({ at90 }) => at90)) }),
  };
}

/** How predictions compare with the truth, over all states of all images. */
function predictionFigures(help: readonly HelpCounts[]): Pick<EvaluationFigures, 'correlation' | 'error'> {
  const pairs = help.flatMap(({ curve = [], expected = [] }) =>
    curve.map((iou, n) => [iou, predictedQuality(expected[n])] as const),
  );
  if (pairs.length === 0) return {};
  const [ious, told] = [mean(pairs.map(([iou]) => iou)), mean(pairs.map(([, quality]) => quality))];
  let [both, own, other] = [0, 0, 0];
  for (const [iou, quality] of pairs) {
    both += (iou - ious) * (quality - told);
    own += (iou - ious) ** 2;
    other += (quality - told) ** 2;
  }
  const error = mean(pairs.map(([iou, quality]) => Math.abs(iou - quality)));
  return { ...(own * other > 0 && { correlation: both / Math.sqrt(own * other) }), error };
}

function suspectFigures(help: readonly HelpCounts[]): Pick<EvaluationFigures, 'recall' | 'precision' | 'alarms'> {
  const strokes = help.flatMap(({ strokes }) => strokes ?? []);
  if (strokes.length === 0) return {};
  const sum = (of: keyof (typeof strokes)[number]) => strokes.reduce((total, each) => total + each[of], 0);
  const share = (part: number, of: number) => (of === 0 ? 0 : part / of);
  return {
    recall: share(sum('found'), sum('planted')),
    precision: share(sum('found'), sum('found') + sum('mistaken')),
    alarms: share(sum('alarms'), sum('right')),
  };
}

/** By image that has it: the mean over its rows. */
function valuesOf(rows: readonly EvaluationRow[], name: EvaluationMean): number[] {
  const scoreOf = ({ segments, corrections }: EvaluationRow): number | undefined => {
    if (name === 'nci') return corrections?.per_segment;
    const field = name === 'miou' ? 'iou' : name;
    return mean(segments.map((segment) => segment[field]));
  };
  return [...groupsOf(rows, ({ image }) => image).values()].flatMap((own) => {
    const values = own.flatMap((row) => scoreOf(row) ?? []);
    return values.length > 0 ? [mean(values)] : [];
  });
}

function intervalsOf(rows: readonly EvaluationRow[]): Sum['intervals'] {
  const found = evaluationMeans.map((name) => [name, valuesOf(rows, name)] as const);
  return Object.fromEntries(
    found.flatMap(([name, values]) => (values.length > 0 ? [[name, pairedIntervals([values])[0].value]] : [])),
  );
}

const meanOf = (values: readonly number[]): number | undefined => (values.length > 0 ? mean(values) : undefined);

/** The lower of both where they are even in number. */
export function median(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}

function groupsOf<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
