/** Attention recomputed from query, key and value: softmax(q kᵀ / √d) v. Vaswani et al. 2017, equation 1. */

export interface Heads {
  /** Tokens and columns of all heads: column = head · d + place in the head. */
  readonly tokens: number;
  readonly dim: number;
  readonly heads: number;
}

/**
 * Attention of some queries.
 *
 * @param query, key, value tokens × dim, row-major
 * @param rows the queries' tokens
 * @param scale of the scores, where it is not 1 / √d
 * @returns rows.length × dim, row-major
 */
export function attend(
  query: Float32Array,
  key: Float32Array,
  value: Float32Array,
  { tokens, dim, heads }: Heads,
  rows: readonly number[],
  scale = 1 / Math.sqrt(dim / heads),
): Float32Array {
  const d = dim / heads;
  const out = new Float32Array(rows.length * dim);
  const weights = new Float64Array(tokens);
  const mixed = new Float64Array(d);
  for (const [i, row] of rows.entries()) {
    for (let head = 0; head < heads; head++) {
      const from = row * dim + head * d;
      let most = Number.NEGATIVE_INFINITY;
      for (let t = 0; t < tokens; t++) {
        const at = t * dim + head * d;
        let dot = 0;
        for (let c = 0; c < d; c++) dot += query[from + c] * key[at + c];
        weights[t] = dot * scale;
        most = Math.max(most, weights[t]);
      }
      let sum = 0;
      for (let t = 0; t < tokens; t++) {
        weights[t] = Math.exp(weights[t] - most);
        sum += weights[t];
      }
      mixed.fill(0);
      for (let t = 0; t < tokens; t++) {
        const at = t * dim + head * d;
        for (let c = 0; c < d; c++) mixed[c] += weights[t] * value[at + c];
      }
      for (let c = 0; c < d; c++) out[i * dim + head * d + c] = mixed[c] / sum;
    }
  }
  return out;
}
