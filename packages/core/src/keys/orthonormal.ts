/** Rows of vectors made orthonormal. */

/** Gram and Schmidt's process; twice leaves no error but rounding. Rows that depend on those before become 0. @param rows `[m, d]` */
export function orthonormalise(rows: Float64Array, d: number, passes: number): void {
  for (let o = 0; o < rows.length; o += d) {
    const before = Math.sqrt(dot(rows, o, rows, o, d));
    for (let pass = 0; pass < passes; pass++) {
      for (let other = 0; other < o; other += d) {
        const share = dot(rows, o, rows, other, d);
        for (let i = 0; i < d; i++) rows[o + i] -= share * rows[other + i];
      }
    }
    const length = Math.sqrt(dot(rows, o, rows, o, d));
    const factor = length > 1e-6 * before ? 1 / length : 0;
    for (let i = 0; i < d; i++) rows[o + i] *= factor;
  }
}

export function dot(a: Float64Array, from: number, b: Float64Array, to: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[from + i] * b[to + i];
  return sum;
}
