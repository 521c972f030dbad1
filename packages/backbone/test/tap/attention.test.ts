import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { expectClose, imageOf, inspectBytes, openTapped, tapBytes } from '../run.ts';
import { DIM, type GraphWriter, HEADS, LAYERS, PATCH, PREFIX, scalar, tinyVit } from '../tiny-vit.ts';

/** Writes attention of one layer, from the weights and biases of query, key and value. */
type Write = (graph: GraphWriter, normed: string, weights: string[], biases: string[], layer: number) => string;

const HEAD = DIM / HEADS;
/** The plain model scales queries and keys by a half each. */
const scale = { float: 0.25 };
const FACETS = ['query', 'key', 'value'] as const;

/** The same weights as the plain model's, in the same order. */
const written =
  (write: Write) =>
  (graph: GraphWriter, normed: string, layer: number): string => {
    const weights = FACETS.map((facet) => [
      graph.weight(`${facet}.weight.${layer}`, DIM, DIM),
      graph.weight(`${facet}.bias.${layer}`, DIM),
    ]);
    const [matrices, biases] = [0, 1].map((i) => weights.map((both) => both[i]));
    return write(graph, normed, matrices, biases, layer);
  };

/** Separate projections `[batch, tokens, dim]`. */
const projections = ({ add }: GraphWriter, normed: string, weights: string[], biases: string[] | null, l: number) =>
  FACETS.map((facet, i) => {
    const product = add('MatMul', [normed, weights[i]], `${facet}.product.${l}`);
    return biases ? add('Add', [product, biases[i]], `${facet}.linear.${l}`) : product;
  });

const attended = ({ add, ints }: GraphWriter, [q, k, v]: string[], l: number) => {
  const keys = add('Transpose', [k], `keys.${l}`, { perm: [0, 1, 3, 2] });
  const scores = add('Mul', [add('MatMul', [q, keys], `scores.${l}`), 'quarter'], `scaled.${l}`);
  const mixed = add('MatMul', [add('Softmax', [scores], `attention.${l}`, { axis: -1 }), v], `mixed.${l}`);
  return add(
    'Reshape',
    [add('Transpose', [mixed], `back.${l}`, { perm: [0, 2, 1, 3] }), ints(0, -1, DIM)],
    `merged.${l}`,
  );
};

const heads = ({ add, ints }: GraphWriter, linear: string, l: number) =>
  add(
    'Transpose',
    [add('Reshape', [linear, ints(0, -1, HEADS, HEAD)], `${linear} split.${l}`)],
    `${linear} heads.${l}`,
    {
      perm: [0, 2, 1, 3],
    },
  );

/** Constants computed in the graph, as some exports leave them. */
const beside = ({ add }: GraphWriter, parts: string[], axis: number, l: number) =>
  add('Concat', parts, `beside ${axis}.${l}`, { axis });

/** Those that compute another attention after the projections, so that the second layer differs. */
const OTHERWISE = /^(a norm|Einsum for all|QAttention)/;

const writings: Record<string, { write: Write; opset?: number; tolerance?: number }> = {
  'Attention of heads (opset 23)': {
    opset: 23,
    write(graph, normed, weights, biases, l) {
      const operands = projections(graph, normed, weights, biases, l).map((linear) => heads(graph, linear, l));
      const mixed = graph.add('Attention', operands, `mixed.${l}`, { scale });
      const back = graph.add('Transpose', [mixed], `back.${l}`, { perm: [0, 2, 1, 3] });
      return graph.add('Reshape', [back, graph.ints(0, -1, DIM)], `merged.${l}`);
    },
  },
  'Attention of merged heads (opset 23)': {
    opset: 23,
    write: (graph, normed, weights, biases, l) =>
      graph.add('Attention', projections(graph, normed, weights, biases, l), `merged.${l}`, {
        ...{ scale, q_num_heads: HEADS, kv_num_heads: HEADS },
      }),
  },
  MultiHeadAttention: {
    write: (graph, normed, weights, biases, l) =>
      graph.add(
        'MultiHeadAttention',
        projections(graph, normed, weights, biases, l),
        `merged.${l}`,
        { num_heads: HEADS, scale },
        'com.microsoft',
      ),
  },
  'MultiHeadAttention that adds the bias itself': {
    write: (graph, normed, weights, biases, l) =>
      graph.add(
        'MultiHeadAttention',
        [...projections(graph, normed, weights, null, l), beside(graph, biases, 0, l)],
        `merged.${l}`,
        { num_heads: HEADS, scale },
        'com.microsoft',
      ),
  },
  'com.microsoft Attention, which holds the weights': {
    write: (graph, normed, weights, biases, l) =>
      graph.add(
        'Attention',
        [normed, beside(graph, weights, 1, l), beside(graph, biases, 0, l)],
        `merged.${l}`,
        { num_heads: HEADS, scale },
        'com.microsoft',
      ),
  },
  'one projection, side by side, and Split': {
    write(graph, normed, weights, biases, l) {
      const product = graph.add('MatMul', [normed, beside(graph, weights, 1, l)], `product.${l}`);
      const linear = graph.add('Add', [beside(graph, biases, 0, l), product], `linear.${l}`);
      const parts = FACETS.map((facet, i) =>
        graph.add(
          'Slice',
          [linear, graph.ints(i * DIM), graph.ints((i + 1) * DIM), graph.ints(-1)],
          `${facet}.part.${l}`,
        ),
      );
      return attended(
        graph,
        parts.map((part) => heads(graph, part, l)),
        l,
      );
    },
  },
  'one projection, interleaved by head, and Gather': {
    write(graph, normed, weights, biases, l) {
      const { add, ints } = graph;
      // Columns [part, head, position] become [head, part, position].
      const mixed = (from: string, rows: number) => {
        const split = add('Reshape', [from, ints(rows, 3, HEADS, HEAD)], `${from} parts`);
        return add(
          'Reshape',
          [add('Transpose', [split], `${from} turned`, { perm: [0, 2, 1, 3] }), ints(rows, -1)],
          `${from} mixed`,
        );
      };
      const product = add('MatMul', [normed, mixed(beside(graph, weights, 1, l), DIM)], `product.${l}`);
      const linear = add('Add', [product, mixed(beside(graph, biases, 0, l), 1)], `linear.${l}`);
      const split = add('Reshape', [linear, ints(0, -1, HEADS, 3, HEAD)], `split.${l}`);
      const turned = add('Transpose', [split], `turned.${l}`, { perm: [3, 0, 2, 1, 4] });
      const operands = FACETS.map((facet, i) => {
        const one = add('Gather', [turned, ints(i)], `${facet}.one.${l}`, { axis: 0 });
        return add('Squeeze', [one, ints(0)], `${facet}.part.${l}`);
      });
      return attended(graph, operands, l);
    },
  },
  'Gemm of tokens in a matrix': {
    write(graph, normed, weights, biases, l) {
      const rows = graph.add('Reshape', [normed, graph.ints(-1, DIM)], `rows.${l}`);
      const operands = FACETS.map((facet, i) => {
        const linear = graph.add('Gemm', [rows, weights[i], biases[i]], `${facet}.gemm.${l}`);
        const split = graph.add('Reshape', [linear, graph.ints(1, -1, HEADS, HEAD)], `${facet}.split.${l}`);
        return graph.add('Transpose', [split], `${facet}.heads.${l}`, { perm: [0, 2, 1, 3] });
      });
      return attended(graph, operands, l);
    },
  },
  'Einsum for both products': {
    write(graph, normed, weights, biases, l) {
      const { add, ints } = graph;
      const [q, k, v] = projections(graph, normed, weights, biases, l).map((linear) =>
        add('Reshape', [linear, ints(0, -1, HEADS, HEAD)], `${linear} split`),
      );
      const scores = add('Einsum', [q, k], `scores.${l}`, { equation: 'bqhd,bkhd->bhqk' });
      const attention = add('Softmax', [add('Mul', [scores, 'quarter'], `scaled.${l}`)], `attention.${l}`, {
        axis: -1,
      });
      const mixed = add('Einsum', [attention, v], `mixed.${l}`, { equation: 'bhqk, bkhd -> bqhd' });
      return add('Reshape', [mixed, ints(0, -1, DIM)], `merged.${l}`);
    },
  },
  'Einsum for all products, the last two in one node': {
    write(graph, normed, weights, biases, l) {
      const { add, ints } = graph;
      const [q, k, v] = FACETS.map((facet, i) => {
        const weight = add('Reshape', [weights[i], ints(DIM, HEADS, HEAD)], `${facet}.matrix.${l}`);
        const product = add('Einsum', [normed, weight], `${facet}.product.${l}`, { equation: 'bnc,chd->bhnd' });
        const bias = add('Reshape', [biases[i], ints(HEADS, 1, HEAD)], `${facet}.biases.${l}`);
        return add('Add', [product, bias], `${facet}.linear.${l}`);
      });
      const scores = add('Einsum', [k, q], `scores.${l}`, { equation: 'bhkd,bhqd->bhqk' });
      const attention = add('Softmax', [add('Mul', [scores, 'quarter'], `scaled.${l}`)], `attention.${l}`, {
        axis: -1,
      });
      const matrix = add('Reshape', [graph.weight(`identity.${l}`, DIM, DIM), ints(HEADS, HEAD, DIM)], `matrix.${l}`);
      return add('Einsum', [attention, v, matrix], `merged.${l}`, { equation: 'bhqk,bhkd,hdc->bqc' });
    },
  },
  'a bias after the split into heads': {
    write(graph, normed, weights, biases, l) {
      const { add, ints } = graph;
      const operands = projections(graph, normed, weights, null, l).map((product, i) => {
        const bias = add('Reshape', [biases[i], ints(1, HEADS, 1, HEAD)], `biases ${i}.${l}`);
        return add('Add', [heads(graph, product, l), bias], `linear ${i}.${l}`);
      });
      return attended(graph, operands, l);
    },
  },
  'keys · queries, turned before the Softmax': {
    write(graph, normed, weights, biases, l) {
      const { add, ints } = graph;
      const [q, k, v] = projections(graph, normed, weights, biases, l).map((linear) => heads(graph, linear, l));
      const turned = add('Transpose', [q], `queries.${l}`, { perm: [0, 1, 3, 2] });
      const scores = add('Mul', [add('MatMul', [k, turned], `scores.${l}`), 'quarter'], `scaled.${l}`);
      const back = add('Transpose', [scores], `back scores.${l}`, { perm: [0, 1, 3, 2] });
      const mixed = add('MatMul', [add('Softmax', [back], `attention.${l}`, { axis: -1 }), v], `mixed.${l}`);
      const merged = add('Transpose', [mixed], `back.${l}`, { perm: [0, 2, 1, 3] });
      return add('Reshape', [merged, ints(0, -1, DIM)], `merged.${l}`);
    },
  },
  'QAttention, which holds quantised weights': {
    tolerance: 0.02,
    write(graph, normed, weights, biases, l) {
      const { add } = graph;
      const quantised = (name: string) => {
        const outputs = ['values', 'scale', 'zero'].map((part) => `${name} ${part}`);
        add('DynamicQuantizeLinear', [name], outputs.join('\n'));
        return outputs;
      };
      const [x, xScale, xZero] = quantised(normed);
      const [w, wScale, wZero] = quantised(beside(graph, weights, 1, l));
      const inputs = [x, w, beside(graph, biases, 0, l), xScale, wScale, '', xZero, wZero];
      return add('QAttention', inputs, `merged.${l}`, { num_heads: HEADS }, 'com.microsoft');
    },
  },
  'FusedMatMul, which transposes and scales': {
    write(graph, normed, weights, biases, l) {
      const { add, ints } = graph;
      const [q, k, v] = projections(graph, normed, weights, biases, l).map((linear) => heads(graph, linear, l));
      const scores = add('FusedMatMul', [q, k], `scores.${l}`, { alpha: scale, transB: 1 }, 'com.microsoft');
      const mixed = add('MatMul', [add('Softmax', [scores], `attention.${l}`, { axis: -1 }), v], `mixed.${l}`);
      const back = add('Transpose', [mixed], `back.${l}`, { perm: [0, 2, 1, 3] });
      return add('Reshape', [back, ints(0, -1, DIM)], `merged.${l}`);
    },
  },
  'tokens before the batch': {
    write(graph, normed, weights, biases, l) {
      const { add, ints } = graph;
      const first = add('Transpose', [normed], `first.${l}`, { perm: [1, 0, 2] });
      const operands = projections(graph, first, weights, biases, l).map((linear) =>
        add('Transpose', [add('Reshape', [linear, ints(0, -1, HEADS, HEAD)], `${linear} split`)], `${linear} heads`, {
          perm: [1, 2, 0, 3],
        }),
      );
      return attended(graph, operands, l);
    },
  },
  'a norm of queries and keys after the projection': {
    write(graph, normed, weights, biases, l) {
      const { add } = graph;
      const [q, k, v] = projections(graph, normed, weights, biases, l).map((linear) => heads(graph, linear, l));
      const norm = (part: string) =>
        add('LayerNormalization', [part, graph.weight(`${part} gain`, HEAD)], `${part} normed`, { axis: -1 });
      return attended(graph, [norm(q), norm(k), v], l);
    },
  },
};

describe.each(Object.entries(writings))('%s', (name, { write, opset, tolerance = 1e-5 }) => {
  const own = { attention: written(write), opset, initializers: [scalar('quarter', 0.25)] };

  test('gives the query, key and value that the plain model has', async () => {
    const size = 5 * PATCH;
    const pixels = imageOf(size, size);
    const layers = OTHERWISE.test(name) ? 1 : LAYERS;
    const wanted = FACETS.flatMap((facet) => Array.from({ length: layers }, (_, layer) => ({ facet, layer })));
    const outputs = wanted.map(({ facet, layer }) => `${facet}.${layer}`);
    const whole = await InferenceSession.create(tinyVit({ outputs }), { logSeverityLevel: 3 });
    const expected = await whole.run({ picture: new Tensor('float32', pixels, [1, 3, size, size]) });
    const found = await (await openTapped(await tapBytes(tinyVit(own), ...wanted)))(pixels, size, size);
    for (const [i, { data, dims }] of found.entries()) {
      expect(dims).toEqual([1, PREFIX + 25, DIM]);
      expectClose(data, expected[outputs[i]].data as Float32Array, tolerance);
    }
  });

  test('has the facts of the plain model', async () => {
    const { opset: _, precision: __, ...facts } = await inspectBytes(tinyVit());
    expect(await inspectBytes(tinyVit(own))).toMatchObject(facts);
  });
});
