import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readModel, readTensor, TENSOR, writeModel } from '../../src/onnx/model.ts';
import { blockPart, intPart, lastOf, readFields, stringPart, writeFields } from '../../src/onnx/protobuf.ts';
import { addBackbone, type Given, removeBackbone, shareBackbone } from '../../src/registry/add.ts';
import { pullBackbone } from '../../src/registry/pull.ts';
import { backboneEntries, findEntry, resolveBackbone } from '../../src/registry/registry.ts';
import { DIM, HEADS, LAYERS, PATCH, tinyVit } from '../tiny-vit.ts';
import { file, type Served, serve } from './file-server.ts';
import { memoryStore } from './memory-store.ts';

const model = tinyVit();
const other = Buffer.concat([model, Buffer.from([0x32, 1, 0x78])]);
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const sha256 = hash(model);

let folder: string;
let path: string;
let store: ReturnType<typeof memoryStore>;
let closing: Served[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-add-'));
  path = join(folder, 'mine.onnx');
  writeFileSync(path, model);
  store = memoryStore();
  closing = [];
});
afterEach(async () => {
  for (const served of closing) await served.close();
  rmSync(folder, { recursive: true });
});

const home = (name = 'home') => join(folder, name);
const add = (name: string, from = path, given: Given = {}, to: 'home' | 'store' = 'home') =>
  addBackbone(name, from, given, { home: home(), env: {}, store, to });

test('a file becomes an entry of the home, with what the tap found', async () => {
  const given = { licence: 'ours', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], longSide: 64, layer: 1 } as const;
  const entry = await add('mine', path, given);
  expect(entry).toMatchObject({ name: 'mine', where: 'home', layers: LAYERS, heads: HEADS, dim: DIM, patch: PATCH });
  expect(JSON.parse(readFileSync(join(home(), 'backbones', 'mine.json'), 'utf8'))).toMatchObject({
    ...{ version: 1, name: 'mine', ...given, interpolation: 'bicubic', sigma: 0.15 },
    files: [{ sha256, bytes: model.length, path }],
  });
  const spec = await resolveBackbone('mine', { home: home() });
  expect(spec).toMatchObject({ id: 'mine', path, sha256, patch: PATCH, longSide: 64, layer: 1, mean: given.mean });
  expect((await backboneEntries({ home: home() })).at(-1)).toMatchObject({ name: 'mine', pulled: true });
});

test('a file that changed since is refused', async () => {
  await add('mine');
  writeFileSync(path, other);
  await expect(pullBackbone('mine', { home: home(), env: {} })).rejects.toThrow(
    `${path} has sha256 ${hash(other)}; expected ${sha256}`,
  );
  rmSync(path);
  await expect(pullBackbone('mine', { home: home(), env: {} })).rejects.toThrow(/^no file .*mine\.onnx; expected/);
});

test('an entry of the store gives its weights to every worker', async () => {
  await add('ours', path, { licence: 'ours' }, 'store');
  expect([...store.objects.keys()].sort()).toEqual(['backbones/ours.json', `models/${sha256.slice(0, 2)}/${sha256}`]);
  expect(new TextDecoder().decode(store.objects.get('backbones/ours.json'))).not.toContain(folder);
  const there = { home: home('worker'), env: {}, store };
  const pulled = await pullBackbone('ours', there);
  expect(readFileSync(pulled).equals(model)).toBe(true);
  expect(await resolveBackbone('ours', there)).toMatchObject({ id: 'ours', path: pulled, sha256 });
  await expect(findEntry('ours', { home: home('alone') })).rejects.toThrow(/^backbone ours; expected/);
});

test('an entry of the store names no path of a worker', async () => {
  await add('ours', path, {}, 'store');
  const entry = JSON.parse(new TextDecoder().decode(store.objects.get('backbones/ours.json')));
  entry.files[0].path = '/etc/passwd';
  await store.put('backbones/ours.json', JSON.stringify(entry));
  const pulled = await pullBackbone('ours', { home: home('worker'), env: {}, store });
  expect(pulled.startsWith(home('worker'))).toBe(true);
  entry.files[0].name = '../../passwd';
  await store.put('backbones/ours.json', JSON.stringify(entry));
  await expect(findEntry('ours', { home: home('worker'), store })).rejects.toThrow(/files\[0\]\.name is/);
});

test('weights of the store that rotted are refused', async () => {
  await add('ours', path, {}, 'store');
  const weights = store.objects.get(`models/${sha256.slice(0, 2)}/${sha256}`) as Uint8Array;
  weights[weights.length >> 1] ^= 1;
  await expect(pullBackbone('ours', { home: home('worker'), env: {}, store })).rejects.toThrow(InvalidInputError);
  expect(readdirSync(join(home('worker'), 'models'))).toEqual([]);
});

test('an address is fetched once to be looked at, and has to give the same bytes ever after', async () => {
  let now: Uint8Array = model;
  const web = await serve((asked, answer) => file(now)(asked, answer));
  closing.push(web);
  await add('theirs', `${web.url}/m.onnx`, {}, 'store');
  expect(await resolveBackbone('theirs', { home: home(), store })).toMatchObject({ sha256 });
  expect(web.requests).toHaveLength(1);
  now = other;
  const worker = { home: home('worker'), env: {}, store };
  await expect(pullBackbone('theirs', worker)).rejects.toThrow(/^theirs has \d+ bytes; expected \d+$/);
  now = model;
  await pullBackbone('theirs', worker);
  await expect(add('others', `${web.url}/m.onnx`, { sha256: '0'.repeat(64) })).rejects.toThrow(/expected 0000/);
  expect(readdirSync(join(home(), 'models')).filter((name) => name.startsWith('.'))).toEqual([]);
});

describe('weights in another file', () => {
  const { model: apart, data } = takenApart();

  /** The tiny model with its largest tensor in `mine.data`. */
  function takenApart() {
    const whole = readModel(tinyVit());
    const { initializers } = whole.graph;
    const largest = initializers.reduce((a, b) => (b.bytes.length > a.bytes.length ? b : a));
    const raw = lastOf(readFields(largest.bytes, 'tensor'), TENSOR.rawData)?.payload as Uint8Array;
    const entry = (key: string, value: string) => writeFields([stringPart(1, key), stringPart(2, value)]);
    const external = readTensor(
      writeFields([
        ...largest.dims.map((dim) => intPart(TENSOR.dims, dim)),
        intPart(TENSOR.dataType, largest.dataType),
        stringPart(TENSOR.name, largest.name),
        blockPart(TENSOR.externalData, entry('location', 'mine.data')),
        blockPart(TENSOR.externalData, entry('length', String(raw.length))),
        intPart(TENSOR.dataLocation, 1),
      ]),
    );
    const parts = initializers.map((each) => (each === largest ? external : each));
    return { model: writeModel({ ...whole, graph: { ...whole.graph, initializers: parts } }), data: raw };
  }

  test('is hashed, shared and pulled with the model', async () => {
    writeFileSync(path, apart);
    await expect(add('mine')).rejects.toThrow(/^no file .*mine\.data; expected the weights of/);
    writeFileSync(join(folder, 'mine.data'), data);
    await add('mine');
    const spec = await resolveBackbone('mine', { home: home() });
    expect(spec).toMatchObject({ path, sha256: hash(apart), data: [{ name: 'mine.data', sha256: hash(data) }] });
    await add('ours', path, {}, 'store');
    const pulled = await pullBackbone('ours', { home: home('worker'), env: {}, store });
    expect(readFileSync(join(dirname(pulled), 'mine.data')).equals(data)).toBe(true);
    writeFileSync(
      join(folder, 'mine.data'),
      data.map((byte) => byte ^ 1),
    );
    await expect(pullBackbone('mine', { home: home(), env: {} })).rejects.toThrow(/mine\.data has sha256/);
  });

  test('is fetched from beside the model', async () => {
    const web = await serve((asked, answer) => file(asked.url === '/some/m.onnx' ? apart : data)(asked, answer));
    closing.push(web);
    await add('theirs', `${web.url}/some/m.onnx`);
    expect(web.requests).toEqual(['GET /some/m.onnx', 'GET /some/mine.data']);
    const { path: placed } = await resolveBackbone('theirs', { home: home() });
    expect(readdirSync(dirname(placed)).sort()).toEqual(['mine.data', 'model.onnx']);
    expect(await pullBackbone('theirs', { home: home(), env: {} })).toBe(placed);
  });
});

describe('a name', () => {
  test.each(['', '.', '..', 'a/b', '../x', 'A', 'ä', 'a b', '-a', 'a-', 'x.onnx', 'a'.repeat(65), 'a\0'])(
    '%j is refused',
    async (name) => {
      await expect(add(name)).rejects.toThrow(/^backbone ".*"; expected a name of a-z/);
    },
  );

  test('of a known backbone, or that ends like a setting of keys, is refused', async () => {
    await expect(add('dinov2-small-focus')).rejects.toThrow('backbone "dinov2-small-focus" is a known one');
    await expect(add('dino-b8')).rejects.toThrow('is a known one');
    for (const name of ['mine-layer3', 'mine-value', 'mine-518px', 'mine-int8', 'mine-pca-64']) {
      await expect(add(name)).rejects.toThrow(/ends like a setting of keys/);
    }
  });

  test('stands for the same keys for ever', async () => {
    await add('mine');
    await add('mine', path, { licence: 'known by now', sigma: 0.3 });
    expect(await findEntry('mine', { home: home() })).toMatchObject({ licence: 'known by now', sigma: 0.3 });
    await expect(add('mine', path, { mean: [0, 0, 0] })).rejects.toThrow(
      /^backbone mine of the home stands for other keys \(mean 0\.485,0\.456,0\.406\); expected/,
    );
    const second = join(folder, 'second.onnx');
    writeFileSync(second, other);
    await expect(add('mine', second)).rejects.toThrow(`(files ${sha256})`);
    await removeBackbone('mine', { home: home(), from: 'home' });
    await expect(findEntry('mine', { home: home() })).rejects.toThrow(/^backbone mine; expected/);
    await expect(removeBackbone('mine', { home: home(), from: 'home' })).rejects.toThrow(/expected one that was added/);
    await expect(add('mine', second)).rejects.toThrow('stands for other keys');
    await add('mine');
    expect(await findEntry('mine', { home: home() })).toMatchObject({ name: 'mine', sha256 });
  });

  test('that means one backbone in the home and another in the store is refused where both are known', async () => {
    const second = join(folder, 'second.onnx');
    writeFileSync(second, other);
    await add('both');
    await add('both', second, {}, 'store');
    await expect(findEntry('both', { home: home(), store })).rejects.toThrow(/one backbone in the home and another/);
  });
});

test('a setting that does not fit the file is refused, and nothing is kept', async () => {
  const cases: [Given, string][] = [
    [{ patch: 16 }, `patch 16; expected ${PATCH}, as the file has it`],
    [{ layer: LAYERS }, `layer ${LAYERS}; expected 0 to ${LAYERS - 1}`],
    [{ longSide: 1 }, `long side 1; expected ${PATCH} or more`],
    [{ std: [1, 0, 1] }, 'std 1,0,1; expected numbers above 0'],
    [{ sha256: '0'.repeat(64) }, `has sha256 ${sha256}; expected 000`],
  ];
  for (const [given, message] of cases) await expect(add('mine', path, given)).rejects.toThrow(message);
  writeFileSync(path, 'text');
  await expect(add('mine')).rejects.toThrow(InvalidInputError);
  expect(await backboneEntries({ home: home(), store })).not.toContainEqual(expect.objectContaining({ name: 'mine' }));
});

test('removing from the store takes weights along that nothing else needs', async () => {
  await add('one', path, {}, 'store');
  await add('two', path, { longSide: 64 }, 'store');
  const weights = `models/${sha256.slice(0, 2)}/${sha256}`;
  await removeBackbone('one', { home: home(), store, from: 'store' });
  expect(store.objects.has(weights)).toBe(true);
  await removeBackbone('two', { home: home(), store, from: 'store' });
  expect(store.objects.has(weights)).toBe(false);
});

test('a file or an entry of the home is shared under a name that workers know', async () => {
  const fetching = { home: home(), env: {}, store };
  const name = await shareBackbone(path, fetching);
  expect(name).toBe(`mine-${sha256.slice(0, 12)}`);
  expect(await shareBackbone(path, fetching)).toBe(name);
  await add('own', path, { longSide: 64 });
  expect(await shareBackbone('own', fetching)).toBe('own');
  expect(await findEntry('own', { home: home('worker'), store })).toMatchObject({ longSide: 64 });
  expect(await shareBackbone('vit-b16', fetching)).toBe('vit-b16');
});
