/**
 * Eigenvectors of a symmetric matrix, by Jacobi's rotations, each of which makes one entry beside the diagonal 0, until all are.
 * Golub and Van Loan, "Matrix Computations", 8.5.
 *
 * @param a n × n row-major; its diagonal becomes the eigenvalues
 * @param tolerance length, as a share of a's, that all entries beside the diagonal may keep together
 * @returns n × n, an eigenvector a row, of length 1, that of the largest eigenvalue first
 */
export function eigenvectors(a: Float64Array, n: number, tolerance = Number.EPSILON): Float64Array {
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  let size = 0;
  for (const value of a) size += value * value;
  const least = tolerance ** 2 * size;
  for (let sweep = 0; sweep < mostSweeps && beside(a, n) > least; sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * (n + 1)] - a[i * (n + 1)] || i - j);
  const out = new Float64Array(n * n);
  for (const [to, from] of order.entries()) out.set(v.subarray(from * n, (from + 1) * n), to * n);
  return out;
}

/** They converge quadratically; six to ten are enough. */
const mostSweeps = 30;

/** The sum of squares above the diagonal. */
function beside(a: Float64Array, n: number): number {
  let sum = 0;
  for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) sum += a[p * n + q] ** 2;
  return sum;
}

/** Makes a[p, q] 0. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const [rowP, rowQ] = [p * n, q * n];
  const apq = a[rowP + q];
  if (apq === 0) return;
  const theta = (a[rowQ + q] - a[rowP + p]) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[rowP + k], a[rowQ + k]];
    a[rowP + k] = c * x - s * y;
    a[rowQ + k] = s * x + c * y;
    const [f, g] = [v[rowP + k], v[rowQ + k]];
    v[rowP + k] = c * f - s * g;
    v[rowQ + k] = s * f + c * g;
  }
  for (let k = 0, o = 0; k < n; k++, o += n) {
    const [x, y] = [a[o + p], a[o + q]];
    a[o + p] = c * x - s * y;
    a[o + q] = s * x + c * y;
  }
  a[rowP + q] = 0;
  a[rowQ + p] = 0;
}
