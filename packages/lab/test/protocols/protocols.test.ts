import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type EvaluationRow, evaluationRow } from '@saltworks/contract/documents/evaluations';
import { expect, test } from 'vitest';
import { backbones } from '../../src/protocols/backbones.ts';
import { graphs } from '../../src/protocols/graphs.ts';
import { layers } from '../../src/protocols/layers.ts';
import { noise } from '../../src/protocols/noise.ts';
import { onePatch } from '../../src/protocols/one-patch.ts';
import type { KeysOf, ProtocolSettings } from '../../src/protocols/protocol.ts';
import { sparse } from '../../src/protocols/sparse.ts';
import { upsample } from '../../src/protocols/upsample.ts';
import { makeCase } from '../scene.ts';

const { keys, ...scene } = makeCase();
/** Keys of every choice are the same. */
const asked: unknown[] = [];
const keysOf: KeysOf = async (_, choice) => {
  asked.push(choice);
  return keys;
};
const spec: BackboneSpec = {
  ...{ id: 'toy', path: 'toy.onnx', sha256: '', patch: 8, longSide: 96, mean: [], std: [] },
  ...{ interpolation: 'bicubic', sigma: 0.15, sizes: { layers: 2, heads: 1, dim: 16 } },
};
const settings: ProtocolSettings = {
  ...{ preset: 'best', spec, installed: [spec, { ...spec, id: 'other' }], budget: 10, bar: 0.85, seed: 3 },
};
const mean = (row: EvaluationRow) => row.segments.reduce((sum, { iou }) => sum + iou, 0) / row.segments.length;

test.each([
  [noise, 12],
  [sparse, 12],
  [onePatch, 10],
  [layers, 6],
  [graphs, 13],
  [backbones, 2],
  [upsample, 4],
])(
  '$name gives $1 rows an image, the same each time, and none of an image without strokes',
  async (protocol, count) => {
    const rows = await protocol.run(scene, keysOf, settings);
    expect(rows.length).toBe(count);
    for (const row of rows) expect(evaluationRow.parse(row)).toEqual(row);
    expect(new Set(rows.map(({ variant, seed }) => `${variant} ${seed}`)).size).toBe(count);
    expect(JSON.stringify(await protocol.run(scene, keysOf, settings))).toBe(JSON.stringify(rows));
    expect(await protocol.run({ ...scene, raster: undefined }, keysOf, settings)).toEqual([]);
  },
);

test('rows name segments by their categories, and count the background as one without a name', async () => {
  const [row] = await backbones.run(scene, keysOf, settings);
  expect(row.segments.map(({ id, category }) => [id, category])).toEqual([
    [0, undefined],
    [7, 'cat'],
    [9, 'dog'],
  ]);
  expect(row.panoptic.map(({ category }) => category)).toEqual(['cat', 'dog', null]);
  expect(mean(row)).toBeGreaterThan(0.8);
});

test.each([noise, sparse, onePatch, layers, graphs, backbones, upsample])(
  '$name asks for no keys but those that it announces',
  async (protocol) => {
    const announced = protocol.keys?.(settings) ?? [{}];
    asked.length = 0;
    await protocol.run(scene, keysOf, settings);
    expect(new Set(asked.map((choice) => JSON.stringify(choice ?? {})))).toEqual(
      new Set(announced.map((choice) => JSON.stringify(choice))),
    );
  },
);

test('layers asks for every layer and facet, upsample for overlapping patches, backbones for each by its name', async () => {
  asked.length = 0;
  await layers.run(scene, keysOf, settings);
  expect(asked.length).toBe(6);
  expect(asked.at(-1)).toEqual({ layer: 1, facet: 'value' });
  asked.length = 0;
  await upsample.run(scene, keysOf, settings);
  expect(asked).toEqual([undefined, { doubling: 'overlap' }]);
  asked.length = 0;
  await backbones.run(scene, keysOf, settings);
  expect(asked).toEqual([{ backbone: 'toy' }, { backbone: 'other' }]);
});

test('a backbone that does not say how many layers it has is refused', async () => {
  const unknown = { ...settings, spec: { ...spec, sizes: undefined } };
  await expect(layers.run(scene, keysOf, unknown)).rejects.toThrow('how many layers');
});

test('labelled patches are counted by the category of their label', async () => {
  const rows = await noise.run(scene, keysOf, settings);
  const patches = (p: number) => rows.find(({ variant }) => variant === `best, p = ${p}`)?.patches ?? [];
  expect(patches(0).map(({ category, wrong, total }) => [category, wrong, total])).toEqual([
    ['cat', 0, 132],
    ['dog', 0, 132],
    [null, 0, 120],
  ]);
  expect(patches(0).every(({ right }) => right > 5)).toBe(true);
  const labelled = (p: number) => patches(p).reduce((sum, { right, wrong }) => sum + right + wrong, 0);
  // A seed that moved onto another gave way.
  expect(labelled(0.5)).toBeGreaterThan(0.8 * labelled(0));
  expect(labelled(0.5)).toBeLessThanOrEqual(labelled(0));
  expect(patches(0.5).reduce((sum, { wrong }) => sum + wrong, 0)).toBeGreaterThan(5);
});
