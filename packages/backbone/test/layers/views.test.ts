import { expect, test } from 'vitest';
import { picked, positions, ranged, reshaped, transposed, type View, viewOf } from '../../src/layers/views.ts';
import { random } from '../run.ts';

/** Where each element of a view lies in its source, row-major, by its digits. */
function sources(view: View, dims: readonly number[]): number[] {
  const strides = dims.map((_, i) => dims.slice(i + 1).reduce((a, b) => a * b, 1));
  const base = view.offsets.reduce((sum, offset, i) => sum + offset * strides[i], 0);
  const digits = view.axes.flat().map(({ axis, size, stride }) => ({ axis: 0, size, stride: stride * strides[axis] }));
  return positions(digits).map((at) => base + at);
}

interface Plain {
  dims: number[];
  data: number[];
}

/** The same moves on an array. */
const plain = {
  transposed({ dims, data }: Plain, perm: number[]): Plain {
    const strides = dims.map((_, i) => dims.slice(i + 1).reduce((a, b) => a * b, 1));
    const to = perm.map((axis) => dims[axis]);
    const all = positions(perm.map((axis) => ({ axis: 0, size: dims[axis], stride: strides[axis] })));
    return { dims: to, data: all.map((at) => data[at]) };
  },
  ranged({ dims, data }: Plain, axis: number, start: number, count: number): Plain {
    const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    const kept = data.filter((_, i) => {
      const at = Math.floor(i / inner) % dims[axis];
      return at >= start && at < start + count;
    });
    return { dims: dims.with(axis, count), data: kept };
  },
};

test('a view follows reshapes, transposes and ranges like an array', () => {
  const next = random(5);
  const pick = (n: number) => Math.floor(next() * n);
  const dims = [2, 12, 6];
  let followed = 0;
  for (let trial = 0; trial < 400; trial++) {
    let view: View | undefined = viewOf(dims);
    let array: Plain = { dims, data: Array.from({ length: 144 }, (_, i) => i) };
    for (let step = 0; step < 5 && view; step++) {
      const move = pick(3);
      if (move === 0) {
        const perm = array.dims.map((_, i) => i).toSorted(() => next() - 0.5);
        view = transposed(view, perm);
        array = plain.transposed(array, perm);
      } else if (move === 1) {
        const axis = pick(array.dims.length);
        const factor = [2, 3, 1][pick(3)];
        const split = array.dims[axis] % factor === 0 ? [factor, array.dims[axis] / factor] : [array.dims[axis]];
        const to = pick(2)
          ? array.dims.toSpliced(axis, 1, ...split)
          : [array.dims[0], array.data.length / array.dims[0]];
        view = reshaped(view, to);
        array = { dims: to, data: array.data };
      } else {
        const axis = pick(array.dims.length);
        const start = pick(array.dims[axis]);
        const count = 1 + pick(array.dims[axis] - start);
        view = ranged(view, axis, start, count);
        array = plain.ranged(array, axis, start, count);
      }
      if (view) {
        expect(sources(view, dims)).toEqual(array.data);
        followed++;
      }
    }
  }
  expect(followed).toBeGreaterThan(1000);
});

test('one entry of an axis is picked, and the axis goes', () => {
  const split = reshaped(viewOf([4, 12]), [4, 3, 4]);
  const second = split && picked(split, 1, 1);
  expect(second?.axes).toHaveLength(2);
  expect(second && sources(second, [4, 12]).slice(0, 5)).toEqual([4, 5, 6, 7, 16]);
});

test('a shape that breaks a digit at no divisor has no view', () => {
  const swapped = transposed(viewOf([4, 6]), [1, 0]);
  expect(swapped && reshaped(swapped, [12, 2])).toBeDefined();
  expect(swapped && reshaped(swapped, [5, 5])).toBeUndefined();
  const cut = ranged(viewOf([7, 3]), 0, 1, 5);
  expect(cut && reshaped(cut, [3, 5])).toBeUndefined();
});
