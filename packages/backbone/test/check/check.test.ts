import { expect, test } from 'vitest';
import { attend } from '../../src/check/attention.ts';
import { checkModel } from '../../src/check/checked.ts';
import { makeNode, makeTensor } from '../../src/onnx/make.ts';
import { expectClose, random } from '../run.ts';
import { floats, LAYERS, PREFIX, scalar, tinyVit } from '../tiny-vit.ts';

const check = (bytes: Uint8Array) => checkModel({ bytes }, 'all', 'bicubic');
const tokens = PREFIX + 25;

test('attention of one head is softmax(qkᵀ/√d)v', () => {
  const [q, k, v] = [
    [1, 0],
    [1, 0, 0, 1],
    [3, 5, 7, 11],
  ].map((values) => Float32Array.from(values));
  const [a, b] = [Math.exp(1 / Math.sqrt(2)), 1];
  const expected = [(3 * a + 7 * b) / (a + b), (5 * a + 11 * b) / (a + b)];
  expectClose(attend(q, k, v, { tokens: 2, dim: 2, heads: 1 }, [0]), expected, 1e-6);
});

test('a model that follows the picture passes at three sizes; where nothing was freed, nothing is compared', async () => {
  const { facts, checks } = await check(tinyVit({ batched: true }));
  expect(facts).toMatchObject({ layers: LAYERS, anySize: true });
  expect(checks.map(({ check, at }) => `${check} ${at}`)).toEqual([
    'grid 5 × 5',
    'attention 5 × 5',
    'grid 3 × 5',
    'attention 3 × 5',
    'grid 6 × 6',
  ]);
  expect(checks.every(({ passed }) => passed)).toBe(true);
});

test('a freed model is compared with the untouched one', async () => {
  const { facts, checks } = await check(tinyVit({ fixedPositions: tokens, frozenRows: true }));
  expect(facts).toMatchObject({ anySize: true, positions: 'learned', positionGrid: [5, 5] });
  expect(checks[0]).toMatchObject({ check: 'identity', at: '5 × 5', passed: true });
  expect(checks[0].figure).toBeLessThan(1e-6);
});

test('a mask of zeros goes; one of other values keeps the native size, and excuses attention', async () => {
  const added = (values: () => number) => {
    const mask = floats('mask', [1, 1, tokens, tokens], values);
    return tinyVit({ initializers: [mask], beforeSoftmax: (from, to) => [makeNode('Add', [from, 'mask'], [to])] });
  };
  const zero = await check(added(() => 0.5));
  expect(zero.facts.anySize).toBe(true);
  expect(zero.checks.filter(({ note }) => note)).toEqual([]);
  const { facts, checks } = await check(added(random(9)));
  expect(facts).toMatchObject({ anySize: false, nativeSize: [20, 20] });
  expect(checks.map(({ at }) => at)).toEqual(['5 × 5', '5 × 5']);
  expect(checks.at(-1)?.note).toBe(
    `not defined at ${LAYERS} of ${LAYERS} layers: a mask or a bias is added to the scores`,
  );
});

test('a choice that takes every score goes, too', async () => {
  const yes = makeTensor('yes', 9, [1, 1, tokens, tokens], new Uint8Array(tokens * tokens).fill(1));
  const beforeSoftmax = (from: string, to: string) => [makeNode('Where', ['yes', from, 'low'], [to])];
  const { facts } = await check(tinyVit({ initializers: [yes, scalar('low', -1e9)], beforeSoftmax }));
  expect(facts.anySize).toBe(true);
});

test('attention that is another than its parts say is refused, with the figure', async () => {
  // Squared scores: nothing but a product by itself lies before the Softmax.
  const beforeSoftmax = (from: string, to: string) => [makeNode('Mul', [from, from], [to])];
  await expect(check(tinyVit({ beforeSoftmax }))).rejects.toThrow(
    /^self-check, attention at 5 × 5: softmax\(qkᵀ\/√d\)v .* \(\d\.\de[-+]\d; at most 1e-4\); expected/,
  );
});

test('scores may have a scale of their own', async () => {
  const beforeSoftmax = (from: string, to: string) => [makeNode('Mul', [from, 'scale'], [to])];
  const { checks } = await check(tinyVit({ initializers: [scalar('scale', 1.7)], beforeSoftmax, batched: true }));
  for (const { check, figure } of checks) if (check === 'attention') expect(figure).toBeLessThan(1e-5);
});

test('only what was checked is tapped', async () => {
  const { tap } = await checkModel({ bytes: tinyVit() }, [0], 'bicubic');
  expect(tap([{ layer: 0, facet: 'value' }]).outputs).toMatchObject([{ layer: 0, facet: 'value' }]);
  expect(() => tap([{ layer: 1, facet: 'value' }])).toThrow('value of layer 1; expected a layer that was checked');
});
