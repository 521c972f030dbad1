/** What a run's rows say, added up: means over images with intervals. */
import type { Interval } from '@saltworks/contract/documents/bakeoffs';
import type { EvaluationEstimate } from '@saltworks/contract/documents/evaluation-reports';
import type { EvaluationRow } from '@saltworks/contract/documents/evaluations';
import { pairedIntervals } from '@saltworks/core/judge/bootstrap';
import { mean } from '@saltworks/core/metrics/mean';
import { byImage, type Group, measures, median } from './groups.ts';

export function estimateOf({ rows, ...group }: Group): EvaluationEstimate {
  const values = [measures.miou, measures.dice, measures.boundary_iou].map((of) => [...byImage(rows, of).values()]);
  const [miou, dice, boundary_iou] = intervals(values);
  const segments = rows.flatMap(({ segments }) => segments);
  const contours = segments.flatMap(({ contour }) => (contour === null ? [] : [contour]));
  return {
    ...group,
    images: values[0].length,
    ...{ miou, dice, boundary_iou },
    parts: median(segments.map(({ parts }) => parts)) ?? 0,
    contour: median(contours) ?? null,
    pq: panopticQuality(rows),
    ...corrections(rows),
  };
}

const intervals = (values: readonly (readonly number[])[]): Interval[] =>
  pairedIntervals(values).map(({ value }) => value);

/** Corrections after which curves end, at most. */
const longest = 20;

function corrections(rows: readonly EvaluationRow[]): Pick<EvaluationEstimate, 'corrections'> {
  const corrected = rows.flatMap((row) => (row.corrections ? [{ ...row, ...row.corrections }] : []));
  if (corrected.length === 0) return {};
  const [nci] = intervals([[...byImage(rows, measures.nci).values()]]);
  const effects = corrected.flatMap(({ effects }) => effects);
  const length = Math.min(longest + 1, Math.max(...corrected.map(({ curve }) => curve.length)));
  // An image that needs no more corrections stays as it is.
  const after = (n: number) => [
    ...byImage(rows, ({ corrections }) => corrections?.curve[Math.min(n, corrections.curve.length - 1)]).values(),
  ];
  return {
    corrections: {
      nci,
      failed_segments: corrected.reduce((sum, { needed }) => sum + needed.filter((n) => n === null).length, 0),
      failed_images: corrected.filter(({ sufficed }) => !sufficed).length,
      breaks: effects.length === 0 ? null : mean(effects.map(({ breaks }) => breaks)),
      mends: effects.length === 0 ? null : mean(effects.map(({ mends }) => mends)),
      curve: intervals(Array.from({ length }, (_, n) => after(n))),
    },
  };
}

/** Mean over categories; counts of all images add up. Null where there is nothing to find and nothing was found. */
function panopticQuality(rows: readonly EvaluationRow[]): number | null {
  const sums = new Map<string | null, { iou: number; all: number }>();
  for (const { category, matched, iou, false_positives, false_negatives } of rows.flatMap(({ panoptic }) => panoptic)) {
    const sum = sums.get(category) ?? { iou: 0, all: 0 };
    sum.iou += iou;
    sum.all += matched + (false_positives + false_negatives) / 2;
    sums.set(category, sum);
  }
  const found = [...sums.values()].filter(({ all }) => all > 0);
  return found.length === 0 ? null : mean(found.map(({ iou, all }) => iou / all));
}
