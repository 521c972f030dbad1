/**
 * Gaussian filtering of many points in few dimensions on the permutohedral lattice.
 * Adams, Baek & Davis 2010, "Fast High-Dimensional Filtering Using the Permutohedral Lattice"; scaling and rounding
 * as in the dense CRF of Krähenbühl & Koltun (2011), to reproduce its marginals.
 *
 * n points with d features, scaled so that the Gaussian has a standard deviation of 1; m lattice points; c channels.
 */

export interface Lattice {
  n: number;
  d: number;
  /** The number of lattice points in use. */
  m: number;
  /** `[n, d + 1]`: the lattice points around each point, numbered from 1; 0 is none. */
  vertex: Int32Array;
  /** `[n, d + 1]`: the share of each, summing to 1. */
  weight: Float32Array;
  /** `[d + 1, m + 1, 2]`: the two neighbours along each of the lattice's directions, 0 where there is none. */
  neighbours: Int32Array;
}

/** @param features `[n, d]`, row-major */
export function buildLattice(features: Float32Array, d: number): Lattice {
  const n = features.length / d;
  const size = d + 1;
  const vertex = new Int32Array(n * size);
  const weight = new Float32Array(n * size);
  const points = new PointTable(d);

  // Adams et al., §3: the basis that embeds features in the hyperplane of d + 1 coordinates summing to zero, scaled so
  // that splatting, blurring and slicing together have unit variance.
  const deviation = Math.sqrt(2 / 3) * size;
  const scale = Float64Array.from({ length: d }, (_, i) => deviation / Math.sqrt((i + 1) * (i + 2)));
  const elevated = new Float64Array(size);
  const nearest = new Int32Array(size);
  const rank = new Int32Array(size);
  const barycentric = new Float64Array(size + 1);
  const key = new Int32Array(d);

  for (let p = 0; p < n; p++) {
    let sum = 0;
    for (let j = d; j > 0; j--) {
      const feature = features[p * d + j - 1] * scale[j - 1];
      elevated[j] = sum - j * feature;
      sum += feature;
    }
    elevated[0] = sum;

    // The nearest point whose coordinates are all multiples of d + 1.
    let excess = 0;
    for (let i = 0; i <= d; i++) {
      const multiple = Math.round(elevated[i] / size);
      nearest[i] = multiple * size;
      excess += multiple;
    }
    // The ranks of the differences tell the simplex that the point lies in.
    rank.fill(0);
    for (let i = 0; i < d; i++) {
      const difference = elevated[i] - nearest[i];
      for (let j = i + 1; j <= d; j++) {
        if (difference < elevated[j] - nearest[j]) rank[i]++;
        else rank[j]++;
      }
    }
    // Rounding may have left the hyperplane: step back along the coordinates that moved furthest.
    for (let i = 0; i <= d; i++) {
      rank[i] += excess;
      if (rank[i] < 0) {
        rank[i] += size;
        nearest[i] += size;
      } else if (rank[i] > d) {
        rank[i] -= size;
        nearest[i] -= size;
      }
    }

    barycentric.fill(0);
    for (let i = 0; i <= d; i++) {
      const share = (elevated[i] - nearest[i]) / size;
      barycentric[d - rank[i]] += share;
      barycentric[d - rank[i] + 1] -= share;
    }
    barycentric[0] += 1 + barycentric[size];

    for (let remainder = 0, o = p * size; remainder <= d; remainder++, o++) {
      for (let i = 0; i < d; i++) key[i] = nearest[i] + remainder - (rank[i] > d - remainder ? size : 0);
      vertex[o] = points.findOrAdd(key);
      weight[o] = barycentric[remainder];
    }
  }

  const m = points.count;
  const neighbours = new Int32Array(size * (m + 1) * 2);
  for (let j = 0; j <= d; j++) {
    for (let v = 1; v <= m; v++) {
      // A step along direction j adds −1 to every coordinate but the j-th, which gains d. The last coordinate is implied.
      for (let side = 0; side < 2; side++) {
        const sign = side === 0 ? 1 : -1;
        for (let i = 0; i < d; i++) key[i] = points.coordinate(v, i) + sign * (i === j ? d : -1);
        neighbours[(j * (m + 1) + v) * 2 + side] = points.find(key);
      }
    }
  }
  return { n, d, m, vertex, weight, neighbours };
}

/**
 * Sums Gaussian-weighted values: out_p ≈ Σ_q exp(−‖f_p − f_q‖²/2) v_q, the point itself included, up to one constant
 * factor and the lattice's approximation.
 *
 * @param values `[n, c]`, row-major
 * @param out `[n, c]`; may be `values` itself
 * @param scratch from {@link latticeScratch} for the same lattice and c
 */
export function filterLattice(
  { n, d, m, vertex, weight, neighbours }: Lattice,
  values: Float32Array,
  c: number,
  out: Float32Array,
  scratch: [Float32Array, Float32Array],
): void {
  let [now, next] = scratch;
  now.fill(0);
  const size = d + 1;
  for (let p = 0, o = 0; p < n; p++) {
    for (let r = 0; r < size; r++, o++) {
      const share = weight[o];
      for (let k = 0, to = vertex[o] * c, from = p * c; k < c; k++, to++, from++) now[to] += share * values[from];
    }
  }

  for (let j = 0; j < size; j++) {
    for (let v = 1, o = (j * (m + 1) + 1) * 2; v <= m; v++, o += 2) {
      const a = neighbours[o] * c;
      const b = neighbours[o + 1] * c;
      for (let k = 0, at = v * c; k < c; k++, at++) next[at] = now[at] + 0.5 * (now[a + k] + now[b + k]);
    }
    // Number 0 is no point, and stays zero.
    next.fill(0, 0, c);
    [now, next] = [next, now];
  }

  const alpha = 1 / (1 + 2 ** -d);
  for (let p = 0, o = 0; p < n; p++) {
    const to = p * c;
    for (let k = 0; k < c; k++) out[to + k] = 0;
    for (let r = 0; r < size; r++, o++) {
      const share = weight[o] * alpha;
      for (let k = 0, from = vertex[o] * c; k < c; k++, from++) out[to + k] += share * now[from];
    }
  }
}

/** Working memory for {@link filterLattice}, allocated once for all calls. */
export function latticeScratch({ m }: Lattice, c: number): [Float32Array, Float32Array] {
  return [new Float32Array((m + 1) * c), new Float32Array((m + 1) * c)];
}

/** Lattice points by their first d coordinates, numbered from 1 in order of appearance: open addressing, at most half full. */
class PointTable {
  count = 0;
  readonly #d: number;
  #slots = new Int32Array(1 << 12);
  #keys: Int32Array;

  constructor(d: number) {
    this.#d = d;
    this.#keys = new Int32Array((this.#slots.length / 2 + 1) * d);
  }

  coordinate(point: number, i: number): number {
    return this.#keys[point * this.#d + i];
  }

  /** The point's number, or 0. */
  find(key: Int32Array): number {
    return this.#slots[this.#slot(key)];
  }

  findOrAdd(key: Int32Array): number {
    const slot = this.#slot(key);
    if (this.#slots[slot] !== 0) return this.#slots[slot];
    this.#keys.set(key, ++this.count * this.#d);
    this.#slots[slot] = this.count;
    if (this.count * 2 >= this.#slots.length) this.#grow();
    return this.count;
  }

  /** The slot of the key, or the empty slot for it. */
  #slot(key: Int32Array): number {
    const d = this.#d;
    const keys = this.#keys;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let hash = 0;
    for (let i = 0; i < d; i++) hash = Math.imul(hash ^ key[i], 0x9e3779b1);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const point = slots[slot];
      if (point === 0) return slot;
      let i = 0;
      while (i < d && keys[point * d + i] === key[i]) i++;
      if (i === d) return slot;
    }
  }

  #grow(): void {
    const d = this.#d;
    const keys = this.#keys;
    this.#slots = new Int32Array(this.#slots.length * 2);
    this.#keys = new Int32Array((this.#slots.length / 2 + 1) * d);
    this.#keys.set(keys.subarray(0, (this.count + 1) * d));
    for (let point = 1; point <= this.count; point++) {
      this.#slots[this.#slot(keys.subarray(point * d, (point + 1) * d))] = point;
    }
  }
}
