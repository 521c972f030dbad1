/** The reliability of annotators, from known images and from images that several annotators did. */
import { InvalidInputError } from '@saltworks/contract/errors';

export interface ReliabilityOptions {
  /** The weight of an annotator without evidence, 0 … 1. */
  prior?: number;
  /** The number of known images that the prior counts as. */
  strength?: number;
  /** The number of known images that an image of two annotators counts as: there the other one may be wrong. */
  overlap?: number;
}

/** Scores are mIoU, 0 … 1, as `agreement` gives them. */
export interface Evidence {
  /** On known images. */
  honeypots: readonly { annotator: string; score: number }[];
  /** Between two annotators of one image. */
  overlaps: readonly { annotators: readonly [string, string]; score: number }[];
}

export interface Reliability {
  annotator: string;
  /** The weight of the annotator's strokes in a consensus, 0 … 1; above 0 if prior and strength are. */
  weight: number;
  /** Mean and number of scores; the mean of none is 0. */
  honeypots: { mean: number; count: number };
  overlaps: { mean: number; count: number };
}

/**
 * The mean of all scores and the prior, which counts as `strength` more scores:
 *
 *   weight = (prior·strength + Σ honeypots + overlap·Σ overlaps) / (strength + |honeypots| + overlap·|overlaps|),
 *
 * the mean of a beta distribution with the prior's pseudo-counts. With little evidence it stays near the prior, with much
 * near the mean of the scores.
 *
 * @returns every annotator in the evidence, in order of ids
 * @throws InvalidInputError for a score or a setting out of range
 */
export function reliabilities(
  { honeypots, overlaps }: Evidence,
  { prior = 0.8, strength = 4, overlap = 0.5 }: ReliabilityOptions = {},
): Reliability[] {
  check('prior', prior, 1);
  check('strength', strength);
  check('overlap', overlap);
  const found = new Map<string, { known: number[]; others: number[] }>();
  const of = (annotator: string) => {
    const scores = found.get(annotator) ?? { known: [], others: [] };
    found.set(annotator, scores);
    return scores;
  };
  for (const { annotator, score } of honeypots) of(annotator).known.push(check('score', score, 1));
  for (const { annotators, score } of overlaps) {
    for (const annotator of annotators) of(annotator).others.push(check('score', score, 1));
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([annotator, { known, others }]) => {
      const counts = strength + known.length + overlap * others.length;
      const scores = prior * strength + sum(known) + overlap * sum(others);
      const weight = counts === 0 ? prior : scores / counts;
      return { annotator, weight, honeypots: summary(known), overlaps: summary(others) };
    });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const summary = (values: readonly number[]): { mean: number; count: number } => ({
  mean: values.length === 0 ? 0 : sum(values) / values.length,
  count: values.length,
});

function check(name: string, value: number, most = Number.MAX_VALUE): number {
  if (value >= 0 && value <= most) return value;
  throw new InvalidInputError(`${name} ${value}; expected a number ${most === 1 ? 'from 0 to 1' : 'of at least 0'}`);
}
