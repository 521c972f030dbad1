/** `backbone inspect` and `probe`, against PyTorch. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeSafeTensors, encodeSafeTensors, readFloats } from '@saltworks/core/formats/safetensors';
import { afterAll, describe, expect, test } from 'vitest';
import { expectClose, fixtures, hasFixtures } from '../packages/backbone/test/run.ts';
import { tinyVit } from '../packages/backbone/test/tiny-vit.ts';
import { saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-probe-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const env = { SALTWORKS_HOME: join(scratch, 'home') };

const modes: Record<string, string> = {
  'bicubic scale_factor+0.1': 'bicubic-scale',
  'bicubic antialias': 'bicubic-antialias',
  'bilinear size=': 'bilinear',
};
const names = hasFixtures
  ? readdirSync(fixtures).flatMap((name) => (name.endsWith('.json') ? [name.replace(/\.json$/, '')] : []))
  : [];

describe.skipIf(!hasFixtures)('conformance fixtures (skipped without ../shared/onnx)', () => {
  const about = (name: string) => JSON.parse(readFileSync(`${fixtures}${name}.json`, 'utf8'));

  test.each(names)('%s: probe gives what PyTorch gave, at another size than that of the export', async (name) => {
    const { interpolation, atol } = about(name);
    const [model, references] = [`${fixtures}${name}.onnx`, `${fixtures}${name}.safetensors`];
    const out = join(scratch, `${name}.safetensors`);
    const picture = ['--input', references, '--tensor', 'input_other'];
    const wanted = ['--layers', '0,1,2', '--facets', 'key,query,value', '--out', out];
    const how = ['--interpolation', modes[interpolation] ?? 'bicubic'];
    const { status, stderr } = await saltworks(['backbone', 'probe', model, ...picture, ...how, ...wanted], { env });
    expect(status, stderr).toBe(0);
    const { tensors } = decodeSafeTensors(readFileSync(references));
    const probed = decodeSafeTensors(readFileSync(out)).tensors;
    expect(probed.size).toBe(9);
    for (const [named, found] of probed) {
      const [facet, layer] = named.split('.');
      const expected = tensors.get(`${facet[0]}o.${layer}`)!;
      expect(found).toMatchObject({ dtype: 'F32', shape: expected.shape });
      expectClose(readFloats(found), readFloats(expected), atol);
    }
  });

  test.each(['dinov3_hf_eager_ts', 'vit21k_timm_sdpa_ts'])('%s: inspect tells what it is', async (name) => {
    const { layers, heads, dim, patch, prefix_tokens: prefixTokens, size_native: nativeSize, opset } = about(name);
    const inspect = ['backbone', 'inspect', `${fixtures}${name}.onnx`];
    const { status, stdout, stderr } = await saltworks([...inspect, '--json'], { env });
    expect(status, stderr).toBe(0);
    const { checks, ...facts } = JSON.parse(stdout);
    expect(facts).toMatchObject({ layers, heads, dim, patch, prefixTokens, nativeSize, opset, anySize: true });
    expect(checks.every(({ passed }: { passed: boolean }) => passed)).toBe(true);
    const text = (await saltworks(inspect, { env })).stdout;
    expect(text).toMatch(new RegExp(`^layers +${layers} of ${heads} heads, dim ${dim}$`, 'm'));
    expect(text.match(/^check /gm)).toHaveLength(checks.length);
  });
});

describe('refusals are one line, and exit with 2', () => {
  const model = join(scratch, 'tiny.onnx');
  writeFileSync(model, tinyVit());
  const picture = join(scratch, 'picture.safetensors');
  const values = (shape: number[]) => ({
    dtype: 'F32' as const,
    shape,
    bytes: new Uint8Array(4 * shape.reduce((a, b) => a * b)),
  });
  const tensors = new Map([
    ['input', values([1, 3, 8, 12])],
    ['odd', values([1, 3, 8, 10])],
    ['flat', values([3, 8, 8])],
  ]);
  writeFileSync(picture, encodeSafeTensors({ tensors, metadata: {} }));
  const out = join(scratch, 'out.safetensors');
  const probe = (...args: string[]) =>
    saltworks(
      ['backbone', 'probe', model, '--input', picture, '--out', out, '--facets', 'key', '--layers', '0', ...args],
      { env },
    );

  test.each([
    ['a layer that is not there', ['--layers', '2'], /layer 2; expected 0 to 1/],
    ['a facet of another name', ['--facets', 'token'], /key,query,value/],
    ['another interpolation', ['--interpolation', 'nearest'], /bicubic-scale/],
    ['a tensor that is not there', ['--tensor', 'image'], /no tensor image; expected one of input, odd, flat/],
    ['a size that the patch does not divide', ['--tensor', 'odd'], /8 × 10; expected multiples of the patch of 4 px/],
    ['a tensor of another shape', ['--tensor', 'flat'], /F32 \[3,8,8\]; expected F32 \[1,3,H,W\]/],
  ])('%s', async (_, args, message) => {
    const { status, stdout, stderr } = await probe(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.trim()).toMatch(message);
  });

  test('a file that is no model', async () => {
    for (const command of [
      ['inspect', picture],
      ['inspect', join(scratch, 'none.onnx')],
    ]) {
      const { status, stderr } = await saltworks(['backbone', ...command], { env });
      expect(status).toBe(2);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });

  test('and the tiny model is probed', async () => {
    expect(await probe()).toMatchObject({ status: 0, stderr: '' });
    expect(decodeSafeTensors(readFileSync(out)).tensors.get('key.0')?.shape).toEqual([9, 8]);
  });
});
