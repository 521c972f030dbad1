import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { evaluationRow } from '@saltworks/contract/documents/evaluations';
import { expect, test } from 'vitest';
import { figuresOf } from '../../src/figures.ts';
import { help } from '../../src/protocols/help.ts';
import type { KeysOf, ProtocolSettings } from '../../src/protocols/protocol.ts';
import { makeCase } from '../scene.ts';

const { keys, raster: _, ...scene } = makeCase();
const keysOf: KeysOf = async () => keys;
const spec: BackboneSpec = {
  ...{ id: 'toy', path: 'toy.onnx', sha256: '', patch: 8, longSide: 96, mean: [], std: [] },
  ...{ interpolation: 'bicubic', sigma: 0.15, sizes: { layers: 2, heads: 1, dim: 16 } },
};
const settings: ProtocolSettings = { preset: 'best', spec, installed: [spec], budget: 10, bar: 0.85, seed: 3 };
const rows = await help.run(scene, keysOf, settings);
const rowOf = (name: string) => rows.find(({ variant }) => variant === name)!;

test('an image without strokes has four rows, the same each time', async () => {
  expect(rows.map(({ variant }) => variant)).toEqual(['suggested', 'random', 'ideal', 'planted']);
  for (const row of rows) expect(evaluationRow.parse(row)).toEqual(row);
  expect(JSON.stringify(await help.run(scene, keysOf, settings))).toBe(JSON.stringify(rows));
});

test('all placements begin with the same dots, and go on for eight strokes', () => {
  const helped = ['suggested', 'random', 'ideal'].map((name) => rowOf(name).help!);
  for (const { curve, expected } of helped) {
    expect(curve).toHaveLength(9);
    expect(expected).toHaveLength(9);
    expect(curve![0]).toBe(helped[0].curve![0]);
    for (const share of [...curve!, ...expected!]) expect(share >= 0 && share <= 1).toBe(true);
  }
  const [, , ideal] = helped;
  expect(ideal.curve!.at(-1)).toBeGreaterThan(ideal.curve![0]);
});

test('a row’s last mask is that of its curve', () => {
  const { segments, help: counts } = rowOf('ideal');
  const miou = segments.reduce((sum, { iou }) => sum + iou, 0) / segments.length;
  expect(counts!.curve!.at(-1)).toBeCloseTo(miou, 5);
});

test('strokes with a wrong label are planted one at a time', () => {
  const { strokes } = rowOf('planted').help!;
  expect(strokes).toMatchObject({ planted: 3, alarms: 0 });
  expect(strokes!.right).toBeGreaterThanOrEqual(3);
  expect(strokes!.found).toBeGreaterThan(0);
});

test('figures add up what planted strokes did, over images', () => {
  const planted = (found: number, mistaken: number) => ({
    ...rowOf('planted'),
    help: { strokes: { right: 10, alarms: 1, planted: 4, found, mistaken } },
  });
  const figures = figuresOf([planted(4, 0), { ...planted(2, 2), image: 'other' }]);
  expect(figures).toMatchObject({ recall: 6 / 8, precision: 6 / 8, alarms: 2 / 20 });
  expect(figures.correlation).toBeUndefined();
  const told = figuresOf([rowOf('suggested')]);
  expect(told.error).toBeGreaterThanOrEqual(0);
  expect(Math.abs(told.correlation ?? 0)).toBeLessThanOrEqual(1);
  expect(told.recall).toBeUndefined();
});

test('an image with a single segment has no rows', async () => {
  const { truth } = scene;
  const one = { ...scene, truth: { ...truth, ids: truth.ids.map(() => 7) } };
  expect(await help.run(one, keysOf, settings)).toEqual([]);
});
