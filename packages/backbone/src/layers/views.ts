/**
 * Views: tensors whose every element is one element of a source tensor, moved. An axis is a mixed-radix number: its digits,
 * the most significant first, each count along one axis of the source. So a chain of Reshape, Transpose, Slice and their
 * like is followed exactly, also where two axes have the same size by chance.
 */

/** Counts 0 … size − 1; a step of one is `stride` along the source's `axis`. */
export interface Digit {
  readonly axis: number;
  readonly size: number;
  readonly stride: number;
}

export interface View {
  readonly axes: readonly (readonly Digit[])[];
  /** Where the view begins on each axis of the source. */
  readonly offsets: readonly number[];
}

export function viewOf(dims: readonly number[]): View {
  return {
    axes: dims.map((size, axis) => (size === 1 ? [] : [{ axis, size, stride: 1 }])),
    offsets: dims.map(() => 0),
  };
}

export function sizeOf(digits: readonly Digit[]): number {
  return digits.reduce((product, { size }) => product * size, 1);
}

/** The view in another shape; undefined if a digit would have to break at no divisor. */
export function reshaped(view: View, dims: readonly number[]): View | undefined {
  const left = view.axes.flat().map((digit) => ({ ...digit }));
  const axes: Digit[][] = [];
  for (const dim of dims) {
    const axis: Digit[] = [];
    for (let rest = dim; rest > 1; ) {
      const digit = left[0];
      if (!digit) return undefined;
      if (rest % digit.size === 0) {
        axis.push(digit);
        left.shift();
        rest /= digit.size;
      } else {
        if (digit.size % rest !== 0) return undefined;
        const low = digit.size / rest;
        axis.push({ ...digit, size: rest, stride: digit.stride * low });
        left[0] = { ...digit, size: low };
        rest = 1;
      }
    }
    axes.push(joined(axis));
  }
  return left.length === 0 ? { ...view, axes } : undefined;
}

/** Joins neighbouring digits that count on as one. */
function joined(digits: readonly Digit[]): Digit[] {
  const out: Digit[] = [];
  for (const digit of digits) {
    const last = out.at(-1);
    if (last && last.axis === digit.axis && last.stride === digit.stride * digit.size) {
      out[out.length - 1] = { axis: digit.axis, size: last.size * digit.size, stride: digit.stride };
    } else {
      out.push(digit);
    }
  }
  return out;
}

export function transposed(view: View, perm: readonly number[]): View | undefined {
  if (perm.length !== view.axes.length || new Set(perm).size !== perm.length) return undefined;
  const axes = perm.map((axis) => view.axes[axis]);
  return axes.every(Boolean) ? { ...view, axes } : undefined;
}

/** Entries `start`, `start + step`, … of an axis; undefined if they are no run of its leading digit. */
export function ranged(view: View, axis: number, start: number, count: number, step = 1): View | undefined {
  const digits = view.axes[axis];
  const size = digits && sizeOf(digits);
  if (!size || count < 1 || start < 0 || step < 1 || start + (count - 1) * step >= size) return undefined;
  if (start === 0 && step === 1 && count === size) return view;
  const [first, ...rest] = digits;
  const low = sizeOf(rest);
  const all = count === 1 && low > 1 ? undefined : { from: start / low, size: count / low };
  // One entry of several digits: each digit is fixed.
  if (!all) return fixed(view, axis, start);
  if (!Number.isInteger(all.from) || !Number.isInteger(all.size) || (step !== 1 && low > 1)) return undefined;
  const top = all.size > 1 ? [{ ...first, size: all.size, stride: first.stride * step }] : [];
  return {
    axes: view.axes.with(axis, [...top, ...rest]),
    offsets: view.offsets.with(first.axis, view.offsets[first.axis] + all.from * first.stride),
  };
}

/** The axis narrowed to one entry. */
function fixed(view: View, axis: number, index: number): View {
  const offsets = [...view.offsets];
  let rest = index;
  for (const digit of view.axes[axis].toReversed()) {
    offsets[digit.axis] += (rest % digit.size) * digit.stride;
    rest = Math.floor(rest / digit.size);
  }
  return { axes: view.axes.with(axis, []), offsets };
}

/** The axis taken away at one entry. */
export function picked(view: View, axis: number, index: number): View | undefined {
  const narrowed = ranged(view, axis, index, 1);
  return narrowed && { ...narrowed, axes: narrowed.axes.toSpliced(axis, 1) };
}

/** Positions on a source axis that the digits count through, in order, without the view's offset. */
export function positions(digits: readonly Digit[]): number[] {
  return digits.reduce<number[]>(
    (all, { size, stride }) => all.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * stride)),
    [0],
  );
}

/** Whether digits count through the rows of their source from first to last. */
export function inOrder(digits: readonly Digit[]): boolean {
  return digits.every(({ axis, stride }, i) => {
    const next = digits[i + 1];
    return next ? axis < next.axis || (axis === next.axis && stride === next.stride * next.size) : true;
  });
}
