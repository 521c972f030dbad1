/**
 * Affinities between nodes, from their keys and, if wanted, their colours, normalised for spreading. n nodes; A is n × n
 * with a zero diagonal.
 */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Keys } from '../keys/keys.ts';
import { product } from '../nodes/gram.ts';
import { checkSize, type DenseMatrix, isSparse, type Matrix, type SparseMatrix, sparse } from '../nodes/matrix.ts';

/** exp(−‖xi − xj‖² / 2σ²), in place of squared distances. @throws InvalidInputError unless σ > 0 */
export function rbf(d2: DenseMatrix, sigma: number): DenseMatrix {
  if (!(sigma > 0)) throw new InvalidInputError(`sigma ${sigma}; expected a number above 0`);
  const { n, a } = d2;
  const gamma = -1 / (2 * sigma * sigma);
  for (let i = 0; i < n; i++) {
    a[i * n + i] = 0;
    for (let j = i + 1; j < n; j++) {
      const value = Math.exp(gamma * a[i * n + j]);
      a[i * n + j] = value;
      a[j * n + i] = value;
    }
  }
  return d2;
}

/** The affinity of two nodes that are not alike, so that no node is cut off. */
export const leastSimilarity = 1e-5;

/**
 * 1 where the cosine of two keys reaches τ, else ε: Wang et al. 2022, TokenCut, eq. 2.
 *
 * @param keys of the nodes, not centred
 */
export function similarity(keys: Keys, tau: number, epsilon = leastSimilarity): DenseMatrix {
  const { data, h, w, d } = keys;
  const n = h * w;
  checkSize(n);
  const unit = new Float32Array(data.length);
  for (let i = 0; i < data.length; i += d) {
    let sum = 0;
    for (let k = i; k < i + d; k++) sum += data[k] * data[k];
    const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (let k = i; k < i + d; k++) unit[k] = data[k] * scale;
  }
  const cosine = product(unit, n, d);
  for (let i = 0; i < cosine.a.length; i++) cosine.a[i] = cosine.a[i] >= tau ? 1 : epsilon;
  for (let i = 0; i < n; i++) cosine.a[i * n + i] = 0;
  return cosine;
}

/**
 * Joins each node to its nearest, as scikit-learn's `kneighbors_graph(X, neighbors)` does over the training set itself: a
 * node is its own first neighbour, so `neighbors` − 1 others follow; affinities 1, directed. Of equal distances the lower
 * index comes first.
 *
 * @param row fills its argument with the squared distances from node i to all n
 * @throws InvalidInputError unless 2 ≤ neighbors ≤ n
 */
export function nearestNeighbours(
  n: number,
  neighbors: number,
  row: (i: number, out: Float32Array) => void,
): SparseMatrix {
  if (!(Number.isInteger(neighbors) && neighbors >= 2 && neighbors <= n)) {
    throw new InvalidInputError(`neighbors ${neighbors}; expected a whole number from 2 to the ${n} nodes`);
  }
  const k = neighbors - 1;
  const index = new Int32Array(n * k);
  const start = Int32Array.from({ length: n + 1 }, (_, i) => i * k);
  const distance = new Float32Array(n);
  const nearest = new Float32Array(k);
  for (let i = 0; i < n; i++) {
    row(i, distance);
    const o = i * k;
    let found = 0;
    for (let j = 0; j < n; j++) {
      if (j === i || (found === k && distance[j] >= nearest[k - 1])) continue;
      let at = found < k ? found++ : k - 1;
      for (; at > 0 && nearest[at - 1] > distance[j]; at--) {
        nearest[at] = nearest[at - 1];
        index[o + at] = index[o + at - 1];
      }
      nearest[at] = distance[j];
      index[o + at] = j;
    }
  }
  return { n, start, index, a: new Float32Array(n * k).fill(1) };
}

/** Joins each node to the nearest by key, from squared distances. */
export function knn({ n, a }: DenseMatrix, neighbors: number): SparseMatrix {
  return nearestNeighbours(n, neighbors, (i, out) => out.set(a.subarray(i * n, (i + 1) * n)));
}

/** Joins two nodes if either is among the other's nearest by colour. @param colours `[n, 3]` */
export function colourKnn(colours: Float32Array, neighbors: number): SparseMatrix {
  const n = colours.length / 3;
  const directed = nearestNeighbours(n, neighbors, (i, out) => {
    for (let j = 0; j < n; j++) {
      const r = colours[3 * i] - colours[3 * j];
      const g = colours[3 * i + 1] - colours[3 * j + 1];
      const b = colours[3 * i + 2] - colours[3 * j + 2];
      out[j] = r * r + g * g + b * b;
    }
  });
  const rows: Set<number>[] = Array.from({ length: n }, () => new Set());
  for (let i = 0; i < n; i++) {
    for (let o = directed.start[i]; o < directed.start[i + 1]; o++) {
      rows[i].add(directed.index[o]);
      rows[directed.index[o]].add(i);
    }
  }
  return sparse(rows.map((row) => new Map([...row].map((j) => [j, 1]))));
}

/** A + λB, written into a dense A. */
export function addScaled(a: Matrix, lambda: number, b: SparseMatrix): Matrix {
  const { n } = a;
  if (!isSparse(a)) {
    for (let i = 0; i < n; i++)
      for (let o = b.start[i]; o < b.start[i + 1]; o++) a.a[i * n + b.index[o]] += lambda * b.a[o];
    return a;
  }
  return sparse(
    Array.from({ length: n }, (_, i) => {
      const row = new Map<number, number>();
      for (let o = a.start[i]; o < a.start[i + 1]; o++) row.set(a.index[o], a.a[o]);
      for (let o = b.start[i]; o < b.start[i + 1]; o++)
        row.set(b.index[o], (row.get(b.index[o]) ?? 0) + lambda * b.a[o]);
      return row;
    }),
  );
}

/**
 * S = D^−½ A D^−½ in place, with the column sums D (for a directed graph: of arriving edges), as scikit-learn's
 * LabelSpreading takes them from SciPy's normalised Laplacian. A node without arriving edges keeps its row unscaled.
 */
export function normalise(matrix: Matrix): Matrix {
  const { n, a } = matrix;
  const degree = new Float64Array(n);
  if (isSparse(matrix)) for (let o = 0; o < a.length; o++) degree[matrix.index[o]] += a[o];
  else for (let i = 0, o = 0; i < n; i++) for (let j = 0; j < n; j++, o++) degree[j] += a[o];
  const scale = degree.map((sum) => (sum > 0 ? 1 / Math.sqrt(sum) : 1));
  for (let i = 0; i < n; i++) {
    if (isSparse(matrix))
      for (let o = matrix.start[i]; o < matrix.start[i + 1]; o++) a[o] *= scale[i] * scale[matrix.index[o]];
    else for (let j = 0, o = i * n; j < n; j++, o++) a[o] *= scale[i] * scale[j];
  }
  return matrix;
}
