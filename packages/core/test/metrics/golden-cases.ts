/** The cases of segment-metrics.json (spec/golden). */
import type { Mask } from '../../src/mask/mask.ts';
import { goldenJson } from '../golden.ts';

export interface GoldenCase {
  width: number;
  height: number;
  prediction: Mask;
  truth: Mask;
  /** Void: id 0 of the truth. */
  ignore: Uint8Array;
  categories: Map<number, string>;
  crowds: Set<number>;
  segments: {
    id: number;
    area: number;
    iou: number;
    dice: number;
    boundary_iou: number;
    parts: number;
    contour: number | null;
  }[];
  panoptic: {
    category: number;
    matched: number;
    iou: number;
    false_positives: number;
    false_negatives: number;
    pq: number;
    sq: number;
    rq: number;
  }[];
  mean: { pq: number; sq: number; rq: number };
}

type Stored = Omit<GoldenCase, 'prediction' | 'truth' | 'ignore' | 'categories' | 'crowds'> & {
  prediction: [number, number][];
  truth: [number, number][];
  categories: [number, number][];
  crowds: number[];
};

export function goldenCases(): GoldenCase[] {
  const cases: Stored[] = goldenJson('segment-metrics.json').cases;
  return cases.map((one) => {
    const { width, height } = one;
    const mask = (runs: [number, number][]): Mask => ({
      ids: Uint32Array.from(runs.flatMap(([id, count]) => Array<number>(count).fill(id))),
      width,
      height,
    });
    const truth = mask(one.truth);
    return {
      ...one,
      prediction: mask(one.prediction),
      truth,
      ignore: Uint8Array.from(truth.ids, (id) => (id === 0 ? 1 : 0)),
      categories: new Map(one.categories.map(([id, category]) => [id, String(category)])),
      crowds: new Set(one.crowds),
    };
  });
}
