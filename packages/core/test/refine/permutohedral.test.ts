import { describe, expect, test } from 'vitest';
import { buildLattice, filterLattice, latticeScratch } from '../../src/refine/permutohedral.ts';
import { expectClose, random } from '../golden.ts';

function filter(features: Float32Array, d: number, values: Float32Array, c: number): Float32Array {
  const lattice = buildLattice(features, d);
  const out = new Float32Array(values.length);
  filterLattice(lattice, values, c, out, latticeScratch(lattice, c));
  return out;
}

/** Σ_q exp(−‖f_p − f_q‖²/2) v_q, straight from the definition. */
function gaussianSum(features: Float32Array, d: number, values: Float32Array, c: number): Float32Array {
  const n = features.length / d;
  const out = new Float32Array(values.length);
  for (let p = 0; p < n; p++) {
    for (let q = 0; q < n; q++) {
      let squared = 0;
      for (let k = 0; k < d; k++) squared += (features[p * d + k] - features[q * d + k]) ** 2;
      const weight = Math.exp(-squared / 2);
      for (let k = 0; k < c; k++) out[p * c + k] += weight * values[q * c + k];
    }
  }
  return out;
}

describe('the lattice filter', () => {
  // Adams et al. measure the approximation by the output's relative error; normalised by the filter of ones,
  // as in every use here, it stays within a tenth of the range of values.
  test.each([2, 3, 5])('approximates the Gaussian sum in %i dimensions', (d) => {
    const next = random(d);
    const n = 1500;
    const features = Float32Array.from({ length: n * d }, () => 3 * next());
    const values = Float32Array.from({ length: n }, (_, i) => (features[i * d] > 1.5 ? 1 : 0));
    const ones = new Float32Array(n).fill(1);
    const ours = filter(features, d, values, 1).map((v) => v / n);
    const mass = filter(features, d, ones, 1).map((v) => v / n);
    const exact = gaussianSum(features, d, values, 1);
    const exactMass = gaussianSum(features, d, ones, 1);
    let squares = 0;
    for (let i = 0; i < n; i++) squares += (ours[i] / mass[i] - exact[i] / exactMass[i]) ** 2;
    expect(Math.sqrt(squares / n)).toBeLessThan(0.05);

    // Without normalisation: proportional to the sum itself.
    const ratio = mass.reduce((sum, v, i) => sum + (v * n) / exactMass[i], 0) / n;
    for (let i = 0; i < n; i++) expect(Math.abs((mass[i] * n) / exactMass[i] / ratio - 1)).toBeLessThan(0.5);
  });

  test('is linear, channel by channel, and symmetric', () => {
    const next = random(9);
    const d = 5;
    const n = 200;
    const features = Float32Array.from({ length: n * d }, () => 2 * next());
    const a = Float32Array.from({ length: n }, next);
    const b = Float32Array.from({ length: n }, next);
    const both = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 ? b[i >> 1] : a[i >> 1]));
    const fa = filter(features, d, a, 1);
    const fb = filter(features, d, b, 1);
    const fboth = filter(features, d, both, 2);
    expectClose(
      fboth,
      Array.from({ length: 2 * n }, (_, i) => (i % 2 ? fb[i >> 1] : fa[i >> 1])),
      1e-4,
    );
    const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * y[i], 0);
    // Blurring one direction after the other is symmetric, but for values that leave the occupied lattice points.
    expect(dot(fa, b) / dot(a, fb)).toBeCloseTo(1, 1);
  });

  test('weights around a point sum to 1, and points share vertices', () => {
    const features = Float32Array.from({ length: 300 }, random(4)).map((v) => 100 * v - 50);
    const { weight, vertex, m } = buildLattice(features, 3);
    for (let p = 0; p < 100; p++) {
      const around = weight.subarray(4 * p, 4 * p + 4);
      expect(around.reduce((sum, v) => sum + v, 0)).toBeCloseTo(1, 5);
      expect(Math.min(...around)).toBeGreaterThan(-1e-5);
    }
    expect(Math.min(...vertex)).toBe(1);
    expect(Math.max(...vertex)).toBe(m);
    expect(buildLattice(new Float32Array(30).fill(0.3), 3).m).toBe(4);
  });

  test('the table grows for many points in many cells, and loses none', () => {
    const features = Float32Array.from({ length: 20_000 }, random(2)).map((v) => 300 * v);
    const { m, neighbours, d } = buildLattice(features, 2);
    expect(m).toBeGreaterThan(10_000);
    // Neighbours see each other: one step along j and one back.
    for (let j = 0; j <= d; j++) {
      for (let v = 1; v <= m; v += 97) {
        const ahead = neighbours[(j * (m + 1) + v) * 2];
        if (ahead) expect(neighbours[(j * (m + 1) + ahead) * 2 + 1]).toBe(v);
      }
    }
  });
});
