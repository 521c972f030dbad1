/**
 * The value at a rank (from 0) among floats that are not negative, without sorting millions of them. Their bits sort like
 * the numbers: a few bits at a time, from the highest down, are counted in tables that fit the first cache.
 */
export function selectRank(bits: Uint32Array, rank: number): number {
  let known = 0;
  for (const [shift, width] of [
    [20, 12],
    [10, 10],
    [0, 10],
  ]) {
    const counts = new Uint32Array(2 ** width);
    const most = counts.length - 1;
    const first = known * counts.length;
    for (let o = 0; o < bits.length; o++) {
      // As far as the bits known already are the same, between 0 and `most`.
      const bin = (bits[o] >>> shift) - first;
      if (bin >= 0 && bin <= most) counts[bin]++;
    }
    let bin = 0;
    for (; rank >= counts[bin]; bin++) rank -= counts[bin];
    known = first + bin;
  }
  return new Float32Array(new Uint32Array([known]).buffer)[0];
}
