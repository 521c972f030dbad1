import { describe, expect, test } from 'vitest';
import type { RgbImage } from '../../src/image/image.ts';
import type { Keys } from '../../src/keys/keys.ts';
import { argmax } from '../../src/nodes/scores.ts';
import type { Seeds } from '../../src/seeds/seeds.ts';
import { gridEdges, padding, solveWalk } from '../../src/walk/grid-walk.ts';
import { prepareWalk, walk } from '../../src/walk/walk.ts';
import { expectClose, random } from '../golden.ts';

const randomKeys = (h: number, w: number, d: number, seed = 1): Keys => {
  const next = random(seed);
  return { data: Float32Array.from({ length: h * w * d }, () => next()), h, w, d };
};
const randomImage = (width: number, height: number, seed = 2): RgbImage => {
  const next = random(seed);
  return { data: new Uint8Array(3 * width * height).map(() => 256 * next()), width, height };
};
const blankImage = { data: new Uint8Array(3 * 40 * 30).fill(120), width: 40, height: 30 };

/** Labels 0 … c − 1 at the given nodes, each by a stroke of its own. */
function seedsAt(h: number, w: number, at: [node: number, label: number][]): Seeds {
  const nodes = new Int32Array(h * w).fill(-1);
  const strokes = new Int32Array(h * w);
  at.forEach(([node, label], i) => {
    nodes[node] = label;
    strokes[node] = i + 1;
  });
  const c = 1 + Math.max(...at.map(([, label]) => label));
  return { h, w, labels: Array.from({ length: c }, (_, i) => i + 1), nodes, strokes, unseeded: [] };
}

function expectRows(data: Float32Array, c: number) {
  for (let o = 0; o < data.length; o += c) {
    const row = data.subarray(o, o + c);
    expect(row.every((value) => value >= 0 && value <= 1)).toBe(true);
    expect(row.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
  }
}

describe('the grid', () => {
  const [h, w, d] = [4, 5, 3];
  const keys = randomKeys(h, w, d);
  const next = random(4);
  const colours = Float32Array.from({ length: 3 * h * w }, () => next());
  const edges = gridEdges(keys, colours, { colour: 2, least: 1e-4 });
  const pairs: [Float32Array, number, number][] = [];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const i = y * w + x;
      if (x + 1 < w) pairs.push([edges.east, i, i + 1]);
      if (y + 1 < h) pairs.push([edges.south, i, i + w]);
      if (x + 1 < w && y + 1 < h) pairs.push([edges.southEast, i, i + w + 1]);
      if (x > 0 && y + 1 < h) pairs.push([edges.southWest, i, i + w - 1]);
    }
  }
  const squared = (data: Float32Array, size: number, i: number, j: number) => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += (data[i * size + k] - data[j * size + k]) ** 2;
    return sum;
  };

  test('edges are exp(−d²/(2·median) − colour) + least to eight neighbours, and none leaves the grid', () => {
    const all = pairs.map(([, i, j]) => squared(keys.data, d, i, j)).sort((a, b) => a - b);
    const median = all[(all.length - 1) >> 1];
    for (const [plane, i, j] of pairs) {
      const expected = Math.exp(-squared(keys.data, d, i, j) / (2 * median) - 2 * squared(colours, 3, i, j)) + 1e-4;
      expect(plane[padding(w) + i]).toBeCloseTo(expected, 6);
    }
    const planes = [edges.east, edges.south, edges.southEast, edges.southWest];
    expect(planes.reduce((sum, plane) => sum + plane.filter(Boolean).length, 0)).toBe(pairs.length);
  });

  test('the walk equals a dense direct solve, and its columns sum to 1', () => {
    const n = h * w;
    const c = 3;
    const held = new Int32Array(n).fill(-1);
    [held[0], held[7], held[19]] = [0, 1, 2];
    const prior = new Float32Array(c * n);
    for (let i = 0; i < n; i++) {
      const values = [next() + 0.01, next() + 0.01, next() + 0.01];
      for (let k = 0; k < c; k++) prior[k * n + i] = values[k] / (values[0] + values[1] + values[2]);
    }
    const rows = Array.from({ length: n }, (_, i) => {
      const row = new Array<number>(n + c).fill(0);
      row[i] = 0.03 + (held[i] >= 0 ? 1000 : 0);
      for (let k = 0; k < c; k++) row[n + k] = 0.03 * prior[k * n + i] + (held[i] === k ? 1000 : 0);
      return row;
    });
    for (const [plane, i, j] of pairs) {
      const weight = plane[padding(w) + i];
      rows[i][i] += weight;
      rows[j][j] += weight;
      rows[i][j] -= weight;
      rows[j][i] -= weight;
    }
    for (let i = 0; i < n; i++) {
      rows[i] = rows[i].map((value) => value / rows[i][i]);
      for (let r = 0; r < n; r++) if (r !== i) rows[r] = rows[r].map((value, k) => value - rows[r][i] * rows[i][k]);
    }
    const options = { prior: 0.03, hold: 1000, tol: 1e-6, maxIter: 200 };
    const { scores, iterations, converged } = solveWalk(edges, prior, held, c, options);
    expect(converged).toBe(true);
    expect(iterations).toBeLessThan(40);
    expectClose(
      scores,
      [0, 1, 2].flatMap((k) => rows.map((row) => row[n + k])),
      1e-5,
    );
    for (let i = 0; i < n; i++) expect(scores[i] + scores[n + i] + scores[2 * n + i]).toBeCloseTo(1, 5);
    expect(solveWalk(edges, prior, held, c, { ...options, maxIter: 2 }).converged).toBe(false);
  });
});

describe('walk', () => {
  test('seeds keep their labels, rows sum to 1, and every node takes the label of the seed that it is most like', () => {
    const [h, w] = [6, 9];
    // Left third, middle and right third: keys and colours of their own.
    const part = (x: number, width: number) => Math.floor((3 * x) / width);
    const keys = { ...randomKeys(h, w, 4), data: new Float32Array(h * w * 4) };
    const next = random(9);
    for (let i = 0; i < h * w; i++)
      for (let k = 0; k < 4; k++) keys.data[4 * i + k] = (part(i % w, w) === k ? 1 : 0) + 0.05 * next();
    const image = { data: new Uint8Array(3 * 90 * 60), width: 90, height: 60 };
    image.data.forEach((_, i) => {
      image.data[i] = 60 * part(Math.floor(i / 3) % 90, 90) + 5 * next();
    });
    const graph = prepareWalk(keys, image, { upsample: 'linear' });
    const seeds = seedsAt(2 * h, 2 * w, [
      [3 * 18 + 2, 0],
      [8 * 18 + 8, 1],
      [2 * 18 + 16, 2],
    ]);
    const { data, labels, converged } = walk(graph, seeds);
    expect(converged).toBe(true);
    expectRows(data, 3);
    expect([...labels]).toEqual([1, 2, 3]);
    const best = argmax(data, 3);
    expect(best.every((label, node) => label === part(node % 18, 18))).toBe(true);
    // An earlier solve on the same graph changes nothing.
    walk(
      graph,
      seedsAt(2 * h, 2 * w, [
        [0, 1],
        [40, 0],
      ]),
    );
    expect(walk(graph, seeds).data).toEqual(data);
    expect(walk(prepareWalk(keys, image, { upsample: 'linear' }), seeds).data).toEqual(data);
  });

  test('a seed unlike its surroundings keeps its label', () => {
    const keys = randomKeys(5, 6, 4);
    const graph = prepareWalk(keys, randomImage(60, 50), { upsample: 'none' });
    const seeds = seedsAt(5, 6, [
      [0, 0],
      [1, 0],
      [2, 0],
      [6, 0],
      [7, 1],
      [8, 0],
      [12, 0],
      [13, 0],
      [14, 0],
    ]);
    const { data } = walk(graph, seeds);
    const best = argmax(data, 2);
    seeds.nodes.forEach((label, node) => {
      if (label >= 0) expect(best[node]).toBe(label);
    });
  });

  test('swapped labels give swapped scores', () => {
    const graph = prepareWalk(randomKeys(4, 6, 5), randomImage(48, 32), { upsample: 'linear' });
    const at: [number, number][] = [
      [3, 0],
      [50, 1],
      [70, 0],
    ];
    const a = walk(graph, seedsAt(8, 12, at)).data;
    const b = walk(
      graph,
      seedsAt(
        8,
        12,
        at.map(([node, label]) => [node, 1 - label]),
      ),
    ).data;
    expectClose(
      b.filter((_, i) => i % 2 === 1),
      a.filter((_, i) => i % 2 === 0),
      1e-5,
    );
  });

  test('a blank image is divided by distance along the grid', () => {
    const keys = { ...randomKeys(3, 6, 2), data: new Float32Array(36).fill(0.7) };
    const graph = prepareWalk(keys, blankImage, { upsample: 'linear' });
    const { data } = walk(
      graph,
      seedsAt(6, 12, [
        [24, 0],
        [35, 1],
      ]),
    );
    expectRows(data, 2);
    for (let x = 0; x < 5; x++) expect(argmax(data, 2)[24 + x]).toBe(0);
    for (let x = 7; x < 12; x++) expect(argmax(data, 2)[24 + x]).toBe(1);
  });

  test.each([
    ['one row', 1, 9],
    ['one column', 7, 1],
    ['two nodes', 1, 2],
  ])('a grid of %s', (_, h, w) => {
    const graph = prepareWalk(randomKeys(h, w, 3), randomImage(31, 17), { upsample: 'none' });
    const { data, converged } = walk(
      graph,
      seedsAt(h, w, [
        [0, 0],
        [h * w - 1, 1],
      ]),
    );
    expect(converged).toBe(true);
    expectRows(data, 2);
    expect(data[0]).toBeGreaterThan(0.9);
    expect(data.at(-1)).toBeGreaterThan(0.9);
  });

  test('255 labels, a seed each', () => {
    const graph = prepareWalk(randomKeys(9, 10, 6), randomImage(100, 90), { upsample: 'linear' });
    const at = Array.from({ length: 255 }, (_, label): [number, number] => [label, label]);
    const { data, converged } = walk(graph, seedsAt(18, 20, at));
    expect(converged).toBe(true);
    expectRows(data, 255);
    const best = argmax(data, 255);
    at.forEach(([node, label]) => {
      expect(best[node]).toBe(label);
    });
  });
});
