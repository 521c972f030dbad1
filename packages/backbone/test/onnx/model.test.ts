import { InvalidInputError } from '@saltworks/contract/errors';
import { describe, expect, test } from 'vitest';
import { makeInts, makeNode, makeValueInfo } from '../../src/onnx/make.ts';
import * as onnx from '../../src/onnx/model.ts';
import { blockPart, readFields, stringPart, writeFields } from '../../src/onnx/protobuf.ts';
import { fixture, hasFixtures, random, tapBytes } from '../run.ts';
import { rewire, scalar, tinyVit } from '../tiny-vit.ts';

const { readModel, writeModel } = onnx;

test('a model is written back byte for byte', () => {
  const bytes = tinyVit();
  expect(writeModel(readModel(bytes))).toEqual(bytes);
});

test
  .skipIf(!hasFixtures)
  .each([
    'clip_twotower_hf_eager_ts',
    'dinov2reg_timm_sdpa_dynamo',
    'dinov3_hf_eager_ts',
    'mocov3_timm_eager_ortext_ts',
    'vit_hf_eager_tsdyn_int8all',
  ])('the export %s is written back byte for byte', (name) => {
  const bytes = fixture(`${name}.onnx`);
  expect(Buffer.compare(writeModel(readModel(bytes)), bytes)).toBe(0);
});

test('tensors share the bytes of the file', () => {
  const bytes = tinyVit();
  for (const tensor of readModel(bytes).graph.initializers) expect(tensor.bytes.buffer).toBe(bytes.buffer);
});

test('unknown fields survive surgery', () => {
  const node = writeFields([...readFields(makeNode('Relu', ['a'], ['b']).bytes, 'node'), stringPart(99, 'kept')]);
  const model = readModel(
    writeFields([blockPart(7, [blockPart(1, node), stringPart(98, 'kept')]), stringPart(97, 'kept')]),
  );
  const [relu] = model.graph.nodes;
  const changed = { ...model, graph: { ...model.graph, nodes: [rewire(relu, ['c'], ['d'])] } };
  const again = readModel(writeModel(changed));
  expect(again.graph.nodes[0]).toMatchObject({ opType: 'Relu', inputs: ['c'], outputs: ['d'] });
  expect(Buffer.from(writeModel(changed)).toString('latin1').split('kept')).toHaveLength(4);
});

test('a node keeps attributes of every type', () => {
  const attributes = {
    axis: -1,
    perm: [0, 2, 1],
    mode: 'linear',
    epsilon: { float: 0.5 },
    value: makeInts('t', [3, -4]),
  };
  const node = makeNode('Any', ['x', ''], ['y'], attributes);
  expect(node).toMatchObject({ opType: 'Any', domain: '', inputs: ['x', ''], outputs: ['y'] });
  expect(onnx.intAttribute(node, 'axis')).toBe(-1);
  expect(onnx.intsAttribute(node, 'perm')).toEqual([0, 2, 1]);
  expect(onnx.stringAttribute(node, 'mode')).toBe('linear');
  expect(onnx.floatAttribute(node, 'epsilon')).toBe(0.5);
  const tensor = onnx.tensorAttribute(node, 'value');
  expect(tensor).toMatchObject({ name: 't', dims: [2], dataType: onnx.INT64 });
  expect(tensor && onnx.intValues(tensor)).toEqual([3, -4]);
  expect(onnx.intAttribute(node, 'missing')).toBeUndefined();
  expect(onnx.intValues(scalar('s', 1))).toBeUndefined();
});

test('a value info has a type and dims, some of them named', () => {
  expect(makeValueInfo('x', onnx.FLOAT, [1, 3, 'height'])).toMatchObject({
    name: 'x',
    elemType: 1,
    dims: [1, 3, 'height'],
  });
});

describe('damage', () => {
  test('bytes that are not a model are refused', () => {
    expect(() => readModel(new Uint8Array(0))).toThrow(/^0 bytes with 0 graphs; expected an ONNX model$/);
    expect(() => readModel(Buffer.from('<html>not a model</html>'))).toThrow(InvalidInputError);
    expect(() => readModel(new Uint8Array(1000).fill(0xff))).toThrow(InvalidInputError);
  });

  test('cut files and flipped bytes give a tapped model or an InvalidInputError, soon', async () => {
    const bytes = tinyVit();
    const next = random(2);
    const start = performance.now();
    for (let trial = 0; trial < 400; trial++) {
      const damaged = trial % 3 === 0 ? bytes.slice(0, Math.floor(next() * bytes.length)) : bytes.slice();
      for (let flips = trial % 3; flips > 0; flips--) damaged[Math.floor(next() * damaged.length)] = next() * 256;
      try {
        await tapBytes(damaged, { facet: 'key' });
      } catch (error) {
        expect(error).toBeInstanceOf(InvalidInputError);
      }
    }
    expect(performance.now() - start).toBeLessThan(30_000);
  });
});
