import { describe, expect, test } from 'vitest';
import { Arena } from '../../../src/arena/arena.ts';
import { cellColours } from '../../../src/image/image.ts';
import { doubleKeys } from '../../../src/keys/keys.ts';
import { doubleGram, gram, medianDistance, squaredDistances } from '../../../src/nodes/gram.ts';
import { presets } from '../../../src/options.ts';
import { type DenseGraph, type DenseGraphOptions, denseGraph, knnGraph } from '../../../src/spread/fast/graph.ts';
import { addScaled, colourKnn, knn, rbf, similarity } from '../../../src/spread/graph.ts';
import { expectClose } from '../../golden.ts';
import { makeScene } from '../../scene.ts';

/** All of A `[n, n]`, from its tiles. */
function untile({ arena, nb, tiles, h, w }: DenseGraph): Float32Array {
  const n = h * w;
  const data = arena.floats(tiles, 8 * nb * (nb + 1));
  const entry = (i: number, j: number) => {
    const [I, J] = [i >> 2, j >> 2];
    return data[16 * (I * nb - (I * (I - 1)) / 2 + J - I) + 4 * (i & 3) + (j & 3)];
  };
  return Float32Array.from({ length: n * n }, (_, o) => {
    const [i, j] = [Math.floor(o / n), o % n];
    return entry(Math.min(i, j), Math.max(i, j));
  });
}

const options = (more: Partial<DenseGraphOptions>): DenseGraphOptions => ({
  ...presets.paper,
  graph: 'rbf',
  ...more,
});

describe.each([
  [7, 9, 21],
  [4, 6, 16],
  [1, 5, 3],
  [3, 1, 8],
  [2, 2, 5],
])('%i × %i patches of %i dimensions', (h, w, d) => {
  const { image, keys } = makeScene(h, w, d, 2);
  const twin = (upsample: 'linear' | 'none') =>
    squaredDistances(upsample === 'linear' ? doubleGram(gram(keys), h, w) : gram(keys));

  test.each(['linear', 'none'] as const)(
    'the rbf affinity, its σ and degrees are those of the twin: %s',
    (upsample) => {
      const graph = denseGraph(new Arena(), keys, image, options({ upsample, sigmaFactor: 0.4 }));
      const sigma = 0.4 * medianDistance(twin(upsample));
      expect(graph.sigma).toBeCloseTo(sigma, 5);
      const { n, a } = rbf(twin(upsample), sigma);
      expectClose(untile(graph), a, 2e-6);
      const scale = Array.from(
        { length: n },
        (_, i) => 1 / Math.sqrt(a.subarray(i * n, (i + 1) * n).reduce((p, q) => p + q)),
      );
      expectClose(graph.arena.floats(graph.scale, n), scale, 2e-6 * Math.max(...scale));
    },
  );

  test.each(['linear', 'none'] as const)('similarity equals the twin’s: %s', (upsample) => {
    const graph = denseGraph(new Arena(), keys, image, options({ graph: 'similarity', tau: 0.31, upsample }));
    expectClose(untile(graph), similarity(upsample === 'linear' ? doubleKeys(keys) : keys, 0.31).a, 1e-9);
  });

  test.each(['linear', 'none'] as const)('the nearest neighbours equal the twin’s: %s', (upsample) => {
    const found = knnGraph(new Arena(), keys, options({ neighbors: 3, upsample }));
    const expected = knn(twin(upsample), 3);
    expect([...found.start]).toEqual([...expected.start]);
    // Distances that differ by rounding alone may swap neighbours.
    expect(found.index.filter((j, o) => j !== expected.index[o]).length).toBeLessThan(0.02 * expected.index.length + 1);
  });

  test('the colour graph is added', () => {
    const graph = denseGraph(new Arena(), keys, image, options({ sigma: 0.5, colorWeight: 0.7, neighbors: 3 }));
    const colours = colourKnn(cellColours(image, 2 * h, 2 * w), 3);
    expectClose(untile(graph), addScaled(rbf(twin('linear'), 0.5), 0.7, colours).a, 2e-6);
  });
});

test('the median is exact where many distances are equal', () => {
  for (const distinct of [1, 2, 3]) {
    const h = 6;
    const keys = { data: Float32Array.from({ length: h * h }, (_, i) => (i * i) % distinct), h, w: h, d: 1 };
    const image = { data: new Uint8Array(3 * h * h), width: h, height: h };
    const graph = denseGraph(new Arena(), keys, image, options({ upsample: 'none', sigmaFactor: 1 }));
    expect(graph.sigma).toBeCloseTo(medianDistance(squaredDistances(gram(keys))) || 1, 6);
  }
});

test('a second graph in the same arena equals the first byte for byte', () => {
  const { image, keys } = makeScene(5, 7, 12, 2);
  const arena = new Arena();
  const mark = arena.mark();
  const first = untile(denseGraph(arena, keys, image, options({})));
  arena.bytes(mark, arena.mark() - mark).fill(0xff);
  arena.release(mark);
  expect(untile(denseGraph(arena, keys, image, options({})))).toEqual(first);
});

test('a σ that is not above 0 and a grid that is too large are refused', () => {
  const { image, keys } = makeScene(3, 3, 4, 2);
  expect(() => denseGraph(new Arena(), keys, image, options({ sigma: 0 }))).toThrow('sigma 0; expected');
  const large = { data: new Float32Array(65 * 65), h: 65, w: 65, d: 1 };
  expect(() => denseGraph(new Arena(), large, image, options({}))).toThrow('expected at most 16384');
});

test('a graph of an unknown kind is refused', () => {
  const { image, keys } = makeScene(3, 3, 4, 2);
  const refused = 'graph nonsense; expected one of rbf, similarity';
  expect(() => denseGraph(new Arena(), keys, image, options({ graph: 'nonsense' as 'rbf' }))).toThrow(refused);
});
