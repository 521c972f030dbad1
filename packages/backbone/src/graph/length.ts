/**
 * Lengths of axes, thought through at several sizes of the image at once. A length is a list of numbers, one a sample: the
 * size of the export first, then sizes whose numbers of rows, columns and patches occur nowhere by chance. Shape arithmetic
 * is then plain arithmetic, and a length that an export froze is one that stays where it should follow.
 */

/** One number a sample. */
export type Length = readonly number[];

/** Sizes to think a graph through at, in patches. */
export interface Samples {
  readonly batch: Length;
  readonly h: Length;
  readonly w: Length;
  /** h · w */
  readonly patches: Length;
}

const OTHERS = [
  { batch: 1, h: 127, w: 211 },
  { batch: 3, h: 173, w: 113 },
  { batch: 5, h: 227, w: 131 },
];

/** @param h, w rows and columns of patches at the size of the export */
export function samplesFor(h: number, w: number): Samples {
  const all = [{ batch: 1, h, w }, ...OTHERS];
  return {
    batch: all.map(({ batch }) => batch),
    h: all.map((one) => one.h),
    w: all.map((one) => one.w),
    patches: all.map((one) => one.h * one.w),
  };
}

export const SAMPLES = 1 + OTHERS.length;

export const constant = (n: number): Length => new Array(SAMPLES).fill(n);
export const isConstant = (length: Length): boolean => length.every((n) => n === length[0]);
export const same = (a: Length, b: Length): boolean => a.every((n, s) => n === b[s]);
export const times = (a: Length, b: Length): Length => a.map((n, s) => n * b[s]);
export const product = (lengths: readonly Length[]): Length => lengths.reduce(times, constant(1));

/** A length as a sum and product: factor · batch? · (h | w | patches + more | 1). */
export interface Formula {
  readonly factor: number;
  readonly batch: boolean;
  readonly of: 'one' | 'h' | 'w' | 'patches';
  /** Added to the patches: prefix tokens. */
  readonly more: number;
}

/** Most tokens beside the patches. */
export const MAX_PREFIX = 64;

/** Finds the formula of a length; undefined if it follows the image in another way. */
export function formulaOf(length: Length, samples: Samples): Formula | undefined {
  for (const batch of [false, true]) {
    const each = batch ? length.map((n, s) => n / samples.batch[s]) : length;
    const whole = (factor: number) => Number.isInteger(factor) && factor > 0;
    if (isConstant(each) && Number.isInteger(each[0])) return { factor: each[0], batch, of: 'one', more: 0 };
    for (const of of ['h', 'w'] as const) {
      const factors = each.map((n, s) => n / samples[of][s]);
      if (isConstant(factors) && whole(factors[0])) return { factor: factors[0], batch, of, more: 0 };
    }
    // each = factor · (patches + more), so two samples give the factor.
    const { patches } = samples;
    const factor = (each[2] - each[1]) / (patches[2] - patches[1]);
    const more = each[1] / factor - patches[1];
    const fits = whole(factor) && Number.isInteger(more) && Math.abs(more) <= MAX_PREFIX;
    if (fits && each.every((n, s) => n === factor * (patches[s] + more))) return { factor, batch, of: 'patches', more };
  }
  return undefined;
}
