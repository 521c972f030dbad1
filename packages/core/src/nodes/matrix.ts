/** Square matrices over nodes: all entries, or all but the zeros. */
import { InvalidInputError } from '@saltworks/contract/errors';

/** All entries, row-major: a[i·n + j]. */
export interface DenseMatrix {
  n: number;
  a: Float32Array;
}

/** By rows: row i has the columns `index[start[i] … start[i + 1]]`, with values at the same places of `a`. */
export interface SparseMatrix {
  n: number;
  start: Int32Array;
  index: Int32Array;
  a: Float32Array;
}

export type Matrix = DenseMatrix | SparseMatrix;

export const isSparse = (matrix: Matrix): matrix is SparseMatrix => 'start' in matrix;

/** Nodes of the largest dense graph: 16,384 take 1 GiB of float32. */
export const maxNodes = 16_384;

/** out = S·F for planes F `[c, n]`. */
export function multiply(s: Matrix, f: Float32Array, c: number, out: Float32Array): void {
  const { n, a } = s;
  if (isSparse(s)) {
    for (let k = 0; k < c; k++) {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let o = s.start[i]; o < s.start[i + 1]; o++) sum += a[o] * f[k * n + s.index[o]];
        out[k * n + i] = sum;
      }
    }
    return;
  }
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let k = 0;
    for (; k + 4 <= c; k += 4) {
      const p = k * n;
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      for (let j = 0; j < n; j++) {
        const value = a[row + j];
        s0 += value * f[p + j];
        s1 += value * f[p + n + j];
        s2 += value * f[p + 2 * n + j];
        s3 += value * f[p + 3 * n + j];
      }
      out[p + i] = s0;
      out[p + n + i] = s1;
      out[p + 2 * n + i] = s2;
      out[p + 3 * n + i] = s3;
    }
    for (; k < c; k++) {
      let sum = 0;
      for (let j = 0, p = k * n; j < n; j++) sum += a[row + j] * f[p + j];
      out[k * n + i] = sum;
    }
  }
}

/** A sparse matrix from its rows, each a map from column to value. */
export function sparse(rows: Map<number, number>[]): SparseMatrix {
  const start = new Int32Array(rows.length + 1);
  rows.forEach((row, i) => {
    start[i + 1] = start[i] + row.size;
  });
  const index = new Int32Array(start[rows.length]);
  const a = new Float32Array(index.length);
  rows.forEach((row, i) => {
    [...row]
      .sort(([p], [q]) => p - q)
      .forEach(([j, value], k) => {
        index[start[i] + k] = j;
        a[start[i] + k] = value;
      });
  });
  return { n: rows.length, start, index, a };
}

/** @throws InvalidInputError if n nodes are too many to compare with one another */
export function checkSize(n: number): void {
  if (n > maxNodes) {
    throw new InvalidInputError(
      `a graph of ${n} nodes; expected at most ${maxNodes}: use --graph walk or a smaller --long-side`,
    );
  }
}
