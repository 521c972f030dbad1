import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterAll, expect, test } from 'vitest';
import { readModelFile } from '../../src/onnx/external.ts';
import { readModel, TENSOR } from '../../src/onnx/model.ts';
import { readFields } from '../../src/onnx/protobuf.ts';
import { evaluate } from '../../src/runtime/runtime.ts';
import { tap } from '../../src/tap/tap.ts';
import { tapBytes } from '../run.ts';
import { tinyVit } from '../tiny-vit.ts';
import { weightsBeside } from '../weights-beside.ts';

const root = mkdtempSync(join(tmpdir(), 'saltworks-external-'));
const folder = join(root, 'model');
mkdirSync(folder);
afterAll(() => rmSync(root, { recursive: true }));

const external = (location: string, change?: Parameters<typeof weightsBeside>[2]) =>
  weightsBeside(folder, location, change);

async function tapped(bytes: Uint8Array) {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, bytes);
  return tap(await readModelFile(path), [{ facet: 'key' }], evaluate);
}

test('weights in a file of the folder are read into the tapped model', async () => {
  const whole = await tapBytes(tinyVit(), { facet: 'key' });
  const { model } = await tapped(external('weights.bin'));
  const values = (bytes: Uint8Array) =>
    readModel(bytes).graph.initializers.map(({ name, dims, bytes }) => {
      const raw = readFields(bytes, 'tensor').find(({ number }) => number === TENSOR.rawData)?.payload;
      return { name, dims, raw: raw && [...raw] };
    });
  expect(values(model)).toEqual(values(whole.model));
});

test('a model given as bytes alone has no folder, so its external data is refused', async () => {
  await expect(tapBytes(external('weights.bin'), { facet: 'key' })).rejects.toThrow(InvalidInputError);
});

test.each([
  ['an absolute path', '/etc/passwd'],
  ['a path that leads out', '../secret.bin'],
  ['a path that leads out and back', 'deep/../../model/weights.bin'],
  ['no path', ''],
  ['the folder itself', '.'],
  ['a file that is missing', 'missing.bin'],
  ['a link that leads out', 'link.bin'],
  ['a link to a folder outside', 'linked/secret.bin'],
])('external data at %s is refused in one line', async (_, location) => {
  writeFileSync(join(root, 'secret.bin'), Buffer.alloc(1e5));
  rmSync(join(folder, 'link.bin'), { force: true });
  rmSync(join(folder, 'linked'), { force: true });
  symlinkSync(join(root, 'secret.bin'), join(folder, 'link.bin'));
  symlinkSync(root, join(folder, 'linked'));
  const refusal = await tapped(external(location)).catch((error) => error as Error);
  expect(refusal).toBeInstanceOf(InvalidInputError);
  expect((refusal as Error).message).toMatch(/^[^\n]*expected[^\n]*$/);
});

test.each<[string, (entry: { offset: number; length: number }) => object]>([
  ['beyond the end of the file', ({ length }) => ({ offset: 1e9, length })],
  ['of another length', ({ offset, length }) => ({ offset, length: length + 1 })],
  ['from a negative offset', ({ length }) => ({ offset: -8, length })],
  ['at no number', ({ length }) => ({ offset: 'x', length })],
])('external data %s is refused', async (_, change) => {
  await expect(tapped(external('weights.bin', change))).rejects.toThrow(/external data.*expected/);
});
