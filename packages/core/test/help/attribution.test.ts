import { describe, expect, test } from 'vitest';
import { openFast } from '../../src/fast/solver.ts';
import { attributeNode } from '../../src/help/attribution.ts';
import { presets } from '../../src/options.ts';
import { rasterise, seedNodes } from '../../src/seeds/seeds.ts';
import { openPlain } from '../../src/solver.ts';
import { nodeGraph } from '../../src/spread/node-graph.ts';

const [h, w] = [6, 8];
const [width, height] = [16 * w, 16 * h];

/** Two kinds of keys, left and right, with a little noise. */
const keys = {
  ...{ h, w, d: 3 },
  data: Float32Array.from({ length: 3 * h * w }, (_, i) => {
    const node = Math.floor(i / 3);
    return [node % w < w / 2 ? 1 : -1, Math.sin(node), 0.3 * Math.cos(2 * node)][i % 3];
  }),
};
const image = { width, height, data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37) % 200) };

const stroke = (segment: number, x: number, y: number) => ({
  ...{ segment, radius: 6 },
  points: [
    [x, y],
    [x, y + 20],
  ] as [number, number][],
});
/** Segment 0 by strokes 1, 3 and 4, segment 5 by strokes 2 and 5. */
const raster = rasterise({
  image: { width, height },
  segments: [],
  strokes: [stroke(0, 10, 10), stroke(5, 110, 20), stroke(0, 40, 60), stroke(0, 20, 40), stroke(5, 90, 60)],
});

describe('the strokes that gave a node its label', () => {
  test('have the shares of the closed form (I − αS)⁻¹Y along an affinity, and sum to the score', () => {
    const options = { ...presets.paper, upsample: 'none', alpha: 0.4, tol: 1e-9, maxIter: 200 } as const;
    const solver = openPlain(image, keys, options);
    const seeds = seedNodes(raster, h, w);
    const n = h * w;
    const { s } = nodeGraph(keys, image, { ...options, graph: 'rbf' });
    if (!('a' in s) || 'index' in s) throw new Error('expected a dense matrix');
    const system = Array.from({ length: n }, (_, i) =>
      Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0) - options.alpha * s.a[i * n + j]),
    );
    const columns = [1, 2, 3, 4, 5].map((number) =>
      solveDense(
        system,
        Float64Array.from(seeds.strokes, (owner) => (owner === number ? 1 : 0)),
      ),
    );
    for (const node of [0, 11, 20, 29, 47]) {
      const { segment, strokes } = attributeNode(solver, seeds, node);
      const all = columns.reduce((sum, column) => sum + column[node], 0);
      expect(strokes.map(({ stroke }) => stroke).sort()).toEqual(segment === 0 ? [1, 3, 4] : [2, 5]);
      for (const { stroke, share } of strokes) expect(share).toBeCloseTo(columns[stroke - 1][node] / all, 5);
      const scores = solver.solve(seeds).data.subarray(2 * node, 2 * node + 2);
      expect(strokes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(Math.max(...scores), 6);
      expect(segment).toBe(scores[0] >= scores[1] ? 0 : 5);
    }
  });

  test.each(['paper', 'best'] as const)('with %s sum to the score; a seed owes most to its own stroke', (preset) => {
    const solver = openFast(image, keys, presets[preset]);
    const seeds = seedNodes(raster, 2 * h, 2 * w);
    const { data } = solver.solve(seeds);
    for (let node = 0; node < 4 * h * w; node += 5) {
      const { segment, strokes } = attributeNode(solver, seeds, node);
      const score = data[2 * node + seeds.labels.indexOf(segment)];
      expect(strokes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(score, 5);
      expect([...strokes].sort((a, b) => b.share - a.share)).toEqual(strokes);
    }
    seeds.nodes.forEach((label, node) => {
      if (label < 0) return;
      const { segment, strokes } = attributeNode(solver, seeds, node);
      expect(segment).toBe(seeds.labels[label]);
      expect(strokes[0].stroke).toBe(seeds.strokes[node]);
    });
  });

  test('are none at a node without scores', () => {
    const none = { h: 1, w: 2, labels: [0, 3], unseeded: [] };
    const seeds = { ...none, nodes: Int32Array.of(0, 1), strokes: Int32Array.of(1, 2) };
    const solve = () => ({ ...none, data: new Float32Array(4), iterations: 0, converged: true });
    expect(attributeNode({ solve }, seeds, 1)).toEqual({ segment: 0, strokes: [] });
  });
});

/** Gaussian elimination with pivots. */
function solveDense(matrix: Float64Array[], right: Float64Array): Float64Array {
  const rows = matrix.map((row, i) => Float64Array.of(...row, right[i]));
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    const pivot = rows
      .slice(k)
      .reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k);
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  return Float64Array.from(rows, (row, k) => row[n] / row[k]);
}
