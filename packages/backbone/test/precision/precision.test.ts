import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { readModel } from '../../src/onnx/model.ts';
import { inPrecision } from '../../src/precision/precision.ts';
import { hasIntegerProducts } from '../../src/precision/processor.ts';
import { evaluate } from '../../src/runtime/runtime.ts';
import { meanCosine } from '../../src/session/cosine.ts';
import { type Tapped, tap } from '../../src/tap/tap.ts';
import { imageOf, openTapped } from '../run.ts';

const folder = fileURLToPath(new URL('../../../../spec/golden/exports/', import.meta.url));
const tapped = (name: string) =>
  tap({ bytes: new Uint8Array(readFileSync(`${folder}${name}.onnx`)), folder }, [{ facet: 'key' }], evaluate);

/** Cosine of the keys in another precision with the file's own, at a size that is not square. */
async function likeness(of: Tapped, precision: 'float16' | 'int8'): Promise<number> {
  const [height, width] = of.facts.anySize ? [12, 20] : [16, 16];
  const [own, other] = await Promise.all(
    [of, { ...of, model: inPrecision(of.model, precision) }].map(async (each) => {
      const [{ data }] = await (await openTapped(each))(imageOf(height, width), height, width);
      return data;
    }),
  );
  return meanCosine(own, other, of.facts.dim);
}

const float32 = [
  'siglip2_hf_sdpa_ts',
  'eva02_timm_fused_dynamo_size',
  'dinov3_hf_sdpa_dynamo_size',
  'deit3_timm_ts',
  'beit_timm_ts',
  'vit_timm_opset23_dynamo',
  'clip_hf_mha_ts',
  'aimv2_hf_sdpa_ts',
];

describe('half precision', () => {
  test.each(float32)('of %s gives keys of the same direction, in a smaller file', async (name) => {
    const own = await tapped(name);
    expect(await likeness(own, 'float16')).toBeGreaterThan(0.9999);
    const half = inPrecision(own.model, 'float16');
    expect(half.length).toBeLessThan(0.75 * own.model.length);
    expect(readModel(half).graph.initializers.some(({ dataType }) => dataType === 10)).toBe(true);
  });

  test.each(['vit_timm_qdq_ts', 'vit_hf_q4f16_ts'])('of %s is refused: it is quantised', async (name) => {
    const { model } = await tapped(name);
    expect(() => inPrecision(model, 'float16')).toThrow(InvalidInputError);
    expect(() => inPrecision(model, 'float16')).toThrow(/^a quantised model \(.*\); expected float32/);
  });
});

describe('eight bits', () => {
  // Without such instructions, sums of products may overflow in between.
  test.skipIf(!hasIntegerProducts()).each(float32)('of %s give nearly the same keys', async (name) => {
    const own = await tapped(name);
    expect(await likeness(own, 'int8')).toBeGreaterThan(0.995);
    const products = readModel(inPrecision(own.model, 'int8')).graph.nodes.filter((n) => n.opType === 'MatMulInteger');
    expect(products.length).toBeGreaterThan(0);
  });

  test('of a model without float32 products are refused', async () => {
    const { model } = await tapped('vit_hf_q4f16_ts');
    expect(() => inPrecision(model, 'int8')).toThrow(/^no product with constant float32 weights; expected some/);
  });
});

test('the file’s own precision is the file’s own bytes', async () => {
  const { model } = await tapped('deit3_timm_ts');
  expect(inPrecision(model, 'given')).toBe(model);
});

test('integer products are read off the processor’s flags', () => {
  expect(hasIntegerProducts('flags : fpu avx2 avx512_vnni sha_ni')).toBe(true);
  expect(hasIntegerProducts('Features : fp asimd asimddp')).toBe(true);
  expect(hasIntegerProducts('flags : fpu avx2 avx512f')).toBe(false);
});
