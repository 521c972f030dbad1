/** How good a mask is likely to be, told without the truth. */

/**
 * IoU, the mean over segments, that masks of this expectation had: a logistic curve, fitted by bench/predicted-quality.mjs to
 * what `eval --protocol help` measured (docs/quality.md, "Help"). It holds for scores of the walk.
 *
 * @param expected mean of `expectedIous`, 0 … 1
 */
export function predictedQuality(expected: number): number {
  const p = Math.min(Math.max(expected, 1e-3), 1 - 1e-3);
  return 1 / (1 + Math.exp(-(intercept + slope * Math.log(p / (1 - p)))));
}

const [intercept, slope] = [0.74, 0.83];
