/** The mean over patches of the cosine between two sets of keys. @param d length of a key */
export function meanCosine(a: Float32Array, b: Float32Array, d: number): number {
  if (a.length !== b.length) return Number.NaN;
  let sum = 0;
  for (let from = 0; from < a.length; from += d) {
    let [ab, aa, bb] = [0, 0, 0];
    for (let i = from; i < from + d; i++) {
      ab += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    sum += ab / Math.sqrt(aa * bb);
  }
  return sum / (a.length / d);
}
