/** A small run, made up: two sources, hostile names, every kind of variant. */
import type { EvaluationPlan, EvaluationRow } from '@saltworks/contract/documents/evaluations';

export const hostile = '<img src=x onerror="alert(1)">&\u202e\u0000\'';

export const plan: EvaluationPlan = {
  version: 1,
  code: 1,
  dataset: `pets ${hostile}`,
  protocols: ['strokes', 'corrections', 'noise', 'layers', 'graphs'],
  backbone: 'dinov2-small-focus',
  preset: 'best',
  backbones: [],
  budget: 10,
  bar: 0.85,
  seed: 1,
  peers: [],
  images: ['a', 'b', 'c', 'd'].map((name, i) => ({
    name: i === 3 ? hostile : name,
    source: i < 2 ? 'coco' : 'icg',
    sha256: String(i).repeat(64),
  })),
  left_out: [],
};

/** Rows of every image; its segments' IoU are `at(image, segment)`. */
function rowsOf(
  protocol: EvaluationRow['protocol'],
  variant: string,
  at: (image: number, segment: number) => number,
  more: Partial<EvaluationRow> = {},
): EvaluationRow[] {
  return plan.images.map(({ name, source }, image) => ({
    image: name,
    source,
    protocol,
    variant,
    seed: 1,
    segments: [0, 7].map((id, k) => ({
      id,
      ...(id > 0 && { category: image === 3 ? hostile : 'cat' }),
      area: 1000,
      iou: at(image, k),
      dice: (2 * at(image, k)) / (1 + at(image, k)),
      boundary_iou: at(image, k) / 2,
      parts: 1 + image,
      contour: k === 0 ? null : 1.25,
    })),
    panoptic: [{ category: 'cat', matched: 1, iou: at(image, 1), false_positives: image % 2, false_negatives: 0 }],
    ...more,
  }));
}

/** Sixteenths, so that sums are exact. */
export const iouOf = (image: number, segment: number) => (8 + image + 2 * segment) / 16;

export const rows: EvaluationRow[] = [
  ...rowsOf('strokes', 'best', iouOf, {
    patches: [
      { category: 'cat', right: 60, wrong: 20, total: 100 },
      { category: null, right: 300, wrong: 0, total: 300 },
    ],
  }),
  ...rowsOf('strokes', hostile, () => 0.5),
  ...['from strokes', 'from strokes, paper', 'from strokes, grabcut'].flatMap((variant) =>
    rowsOf('corrections', variant, () => 0.875).flatMap((row, image) =>
      variant.endsWith('grabcut') && image % 2 === 0
        ? []
        : [
            {
              ...row,
              corrections: {
                curve: [0.5, 0.75, ...(image % 2 === 0 ? [0.875] : [])],
                needed: image === 3 ? [0, null] : [0, 1 + (image % 2)],
                per_segment: image === 3 ? 10 : 1 + (image % 2),
                sufficed: image !== 3,
                effects: [{ breaks: 0.01, mends: 0.5, harms: false }],
              },
            },
          ],
    ),
  ),
  ...[0, 0.1, 0.3].flatMap((p) =>
    ['best', 'paper'].flatMap((name, i) =>
      rowsOf('noise', `${name}, p = ${p}`, (image, k) => iouOf(image, k) - p / (2 + i), { x: p }),
    ),
  ),
  ...[9, 10].flatMap((layer) =>
    ['key', 'value'].flatMap((facet, f) =>
      rowsOf('layers', `layer ${layer}, ${facet}`, (image, k) => iouOf(image, k) - layer / 100 - f / 10),
    ),
  ),
  ...['rbf', 'k-NN'].flatMap((kind, i) => rowsOf('graphs', kind, (image, k) => iouOf(image, k) - i / 10)),
];
