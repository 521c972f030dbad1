/**
 * Cholesky factorisation A = LLᵀ and its triangular solves. Lower triangles are packed by rows: row i has i + 1 values from
 * {@link rowStart}(i) on. Row i of L depends on the rows before it only, so a matrix may grow row by row, and its factor has
 * the same bits as that of the whole matrix.
 */

/** The start of row i in a packed lower triangle; also the length of a triangle of i rows. */
export const rowStart = (i: number): number => (i * (i + 1)) / 2;

/** Replaces rows `from` … `to` − 1 of A, positive definite, by rows of L; the rows before are L's already. */
export function factorise(a: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const row = rowStart(i);
    for (let j = 0; j <= i; j++) {
      const other = rowStart(j);
      let sum = a[row + j];
      for (let k = 0; k < j; k++) sum -= a[row + k] * a[other + k];
      a[row + j] = j < i ? sum / a[other + j] : Math.sqrt(sum);
    }
  }
}

/** Solves L x = b in place, b a vector of n. */
export function forwardSubstitute(l: Float64Array, b: Float64Array): void {
  for (let i = 0, o = 0; i < b.length; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++, o++) sum -= l[o] * b[k];
    b[i] = sum / l[o++];
  }
}

/** Solves Lᵀ x = b in place, b a vector of n. */
export function backSubstitute(l: Float64Array, b: Float64Array): void {
  for (let i = b.length - 1; i >= 0; i--) {
    const row = rowStart(i);
    b[i] /= l[row + i];
    for (let k = 0; k < i; k++) b[k] -= l[row + k] * b[i];
  }
}
