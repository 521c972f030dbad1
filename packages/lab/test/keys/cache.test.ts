import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { facets } from '@saltworks/contract/kinds';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LAYERS, tinyVit } from '../../../backbone/test/tiny-vit.ts';
import { byBackbone, cachedKeys, openExtractor } from '../../src/keys/cache.ts';
import type { KeysChoice } from '../../src/protocols/protocol.ts';
import { makeCase } from '../scene.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-lab-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));
let backbones: Parameters<typeof openExtractor>[1];
beforeAll(async () => {
  const path = join(folder, 'tiny.onnx');
  writeFileSync(path, tinyVit());
  const spec = { ...(await resolveBackbone(path, { home: folder })), longSide: 48 };
  backbones = { spec, installed: [{ ...spec, id: 'twin' }] };
});

const one = { ...makeCase(), sha256: 'ab'.repeat(32) };
const everyFacet: KeysChoice[] = Array.from({ length: LAYERS }, (_, layer) =>
  facets.map((facet) => ({ layer, facet })),
).flat();

/** Every file of a folder. */
const filesOf = (name: string) =>
  new Map(
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(join(folder, name).length), readFileSync(path)]),
  );

async function extracted(name: string, choices: readonly KeysChoice[]) {
  const extractor = openExtractor(join(folder, name), backbones, choices);
  await extractor.add(one);
  await extractor.close();
}

test('all layers and facets at once give the files of one after the other, and missing ones are added', async () => {
  const choices: KeysChoice[] = [{}, ...everyFacet, { longSide: 24 }, { doubling: 'overlap' }];
  await extracted('together', choices);
  for (const choice of choices) await extracted('apart', [choice]);
  const together = filesOf('together');
  expect(together.size).toBe(choices.length);
  expect(together).toEqual(filesOf('apart'));
  const [gone, damaged] = [...together.keys()];
  unlinkSync(join(folder, 'together', gone));
  writeFileSync(join(folder, 'together', damaged), 'no keys');
  await extracted('together', choices);
  expect(filesOf('together')).toEqual(together);
  expect(await cachedKeys(join(folder, 'together'), backbones, one, { layer: 0, facet: 'value' })).toBeDefined();
  expect(await cachedKeys(join(folder, 'together'), backbones, one, { layer: 0, longSide: 12 })).toBeUndefined();
});

test('choices are extracted backbone by backbone', async () => {
  expect(byBackbone([{}, { backbone: 'twin' }, { layer: 1 }])).toEqual([[{}, { layer: 1 }], [{ backbone: 'twin' }]]);
  await extracted('twin', [{ backbone: 'twin', layer: 1 }]);
  expect(await cachedKeys(join(folder, 'twin'), backbones, one, { backbone: 'twin', layer: 1 })).toBeDefined();
  expect(() => openExtractor(folder, backbones, [{ backbone: 'none' }])).toThrow('no backbone none here');
});
