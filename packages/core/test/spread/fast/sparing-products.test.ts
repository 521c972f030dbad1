import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import { presets } from '../../../src/options.ts';
import type { Seeds } from '../../../src/seeds/seeds.ts';
import { type DenseGraph, type DenseGraphOptions, denseGraph } from '../../../src/spread/fast/graph.ts';
import { spreadDense } from '../../../src/spread/fast/spread.ts';
import { nodeGraph, propagate } from '../../../src/spread/node-graph.ts';
import { expectClose, random } from '../../golden.ts';
import { makeScene } from '../../scene.ts';

const options: DenseGraphOptions = { ...presets.paper, graph: 'rbf', sigmaFactor: 0.4 };

/** A as rows, without the tiles off the diagonal that do not matter by the kernel's definition. */
function affinities({ arena, nb, tiles }: DenseGraph) {
  const n = 4 * nb;
  const data = arena.floats(tiles, 8 * nb * (nb + 1));
  const at = (I: number, J: number) => 16 * (I * nb - (I * (I - 1)) / 2 + J - I);
  const top = (I: number, J: number) => Math.max(...data.subarray(at(I, J), at(I, J) + 16));
  return (matters: (I: number, J: number, top: number) => boolean) => {
    const a = new Float64Array(n * n);
    let kept = 0;
    for (let I = 0; I < nb; I++)
      for (let J = I; J < nb; J++) {
        if (J > I && !matters(I, J, top(I, J))) continue;
        if (J > I) kept++;
        for (let r = 0; r < 4; r++)
          for (let s = 0; s < 4; s++) {
            const value = data[at(I, J) + 4 * r + s];
            a[(4 * I + r) * n + 4 * J + s] = value;
            a[(4 * J + s) * n + 4 * I + r] = value;
          }
      }
    return { a, kept };
  };
}

describe.each([1, 5, 17])('%i labels', (c) => {
  // 4 · 17 · 19 nodes: more than one chunk of tiles a row.
  const { image, keys } = makeScene(17, 19, 12, 2);
  const arena = new Arena();
  const graph = denseGraph(arena, keys, image, options);
  const { nb, tiles, tops } = graph;
  const n = 4 * nb;
  const next = random(3);
  const planes = Float32Array.from({ length: c * n }, next);
  const f = arena.put(planes);
  const [sums, other] = [arena.reserve(4 * c * n), arena.reserve(4 * c * n)];
  const blocks = (give: () => number) => Float32Array.from({ length: nb }, give);
  const given = blocks(next);
  const had = blocks(next);
  const [givenAt, hadAt] = [arena.put(given), arena.put(had)];
  const [starts, list] = [arena.reserve(4 * arena.kernels.cellsOf(nb)), arena.reserve(2 * nb * nb)];
  const packed = arena.reserve(32 * nb * nb);
  const sparing = (least: number, begun: boolean) => {
    const limits = [givenAt, hadAt, least, begun] as const;
    const kept = arena.kernels.sparingProduct(tiles, tops, nb, f, c, ...limits, starts, list, packed, sums);
    return { product: arena.floats(sums, c * n).slice(), kept };
  };
  const matters = (least: number) => (I: number, J: number, top: number) => {
    const { fround } = Math;
    const [gave, got] = [fround(top * given[J]), fround(top * given[I])];
    return gave > fround(fround(least) * had[I]) || got > fround(fround(least) * had[J]);
  };

  test('without a limit the product takes all tiles, packed before or not', () => {
    arena.kernels.product(tiles, nb, f, c, other);
    const all = arena.floats(other, c * n).slice();
    for (const begun of [false, true]) {
      const { product, kept } = sparing(-1, begun);
      expectClose(product, all, 1e-3);
      expect(kept).toBe((nb * (nb - 1)) / 2);
    }
  });

  test('exactly the tiles that do not matter are left out, and more by the next product', () => {
    const build = affinities(graph);
    const limits = [1e-3, 1e-2, 1e-1];
    const keptBy = limits.map((least, i) => {
      const expected = build(matters(least));
      const { product, kept } = sparing(least, i > 0);
      expect(kept).toBe(expected.kept);
      const plain = new Float64Array(c * n);
      for (let k = 0; k < c; k++)
        for (let r = 0; r < n; r++)
          for (let s = 0; s < n; s++) plain[k * n + r] += expected.a[r * n + s] * planes[k * n + s];
      expectClose(product, plain, 1e-3);
      if (i === 0) expect(arena.kernels.countTiles(tops, nb, givenAt, hadAt, least)).toBe(kept);
      return kept;
    });
    expect(keptBy[0]).toBeLessThan((nb * (nb - 1)) / 2);
    expect(keptBy[1]).toBeLessThan(keptBy[0]);
    expect(keptBy[2]).toBeLessThan(keptBy[1]);
  });
});

test('nodes that labels reach late count from then on: a chain of groups that hardly touch', () => {
  const [groups, size] = [12, 32];
  const next = random(5);
  const data = Float32Array.from({ length: groups * size }, (_, i) => 6 * Math.floor(i / size) + next());
  const keys = { data, h: groups, w: size, d: 1 };
  const image = { data: new Uint8Array(3 * groups * size), width: size, height: groups };
  const chain: DenseGraphOptions = { ...options, upsample: 'none', sigma: 1 };
  const nodes = new Int32Array(groups * size).fill(-1);
  nodes[3] = 0;
  nodes[size + 5] = 1;
  const seeds: Seeds = { h: groups, w: size, labels: [0, 1], nodes, strokes: nodes.map((l) => l + 1), unseeded: [] };
  const arena = new Arena();
  const graph = denseGraph(arena, keys, image, chain);
  const packs: boolean[] = [];
  const { sparingProduct } = arena.kernels;
  const kernels = {
    ...arena.kernels,
    sparingProduct(...args: Parameters<typeof sparingProduct>) {
      packs.push(!args[8]);
      return sparingProduct(...args);
    },
  };
  Object.defineProperty(arena, 'kernels', { value: kernels });
  const solve = { alpha: 0.9, tol: 1e-7, maxIter: 40 };
  const { data: scores, iterations } = spreadDense(graph, seeds, solve);
  const plain = propagate(nodeGraph(keys, image, chain), seeds, solve);
  expectClose(scores, plain.data, 1e-4);
  expect(iterations).toBe(plain.iterations);
  // Packed once, packed again since groups had been left out, and used after that.
  expect(packs.filter((pack) => pack).length).toBeGreaterThan(1);
  expect(packs.filter((pack) => !pack).length).toBeGreaterThan(0);
});
