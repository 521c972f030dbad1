import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { removeBackbone } from '../../src/registry/add.ts';
import { openMirror } from '../../src/registry/mirror.ts';
import { type PullOptions, pullBackbone } from '../../src/registry/pull.ts';
import { BackboneMissingError, resolveBackbone } from '../../src/registry/registry.ts';
import { tinyVit } from '../tiny-vit.ts';
import { file, type Served, serve } from './file-server.ts';
import { memoryStore } from './memory-store.ts';

const model = tinyVit();
const other = Buffer.concat([tinyVit(), Buffer.from([0x32, 1, 0x78])]);
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let mirror: string;
let closing: Served[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-pull-'));
  mirror = join(folder, 'mirror');
  mkdirSync(mirror);
  closing = [];
});
afterEach(async () => {
  for (const served of closing) await served.close();
  rmSync(folder, { recursive: true });
});

const home = (name = 'home') => join(folder, name);
const never = () => {
  throw new Error('no bucket');
};
const pull = (name: string, options: Partial<PullOptions> = {}) =>
  pullBackbone(name, { home: home(), env: {}, mirror: openMirror(mirror, { openBucket: never }), ...options });

describe('a mirror', () => {
  test('in a folder, on a web server or in a bucket is used instead of the source', async () => {
    writeFileSync(join(mirror, 'vit-b16.onnx'), model);
    const web = await serve((asked, answer) => {
      if (asked.url === '/models/vit-b16.onnx') file(model)(asked, answer);
      else answer.writeHead(404).end();
    });
    closing.push(web);
    const bucket = memoryStore(new Map([['vit-b16.onnx', new Uint8Array(model)]]));
    const places = [mirror, pathToFileURL(mirror).href, `${web.url}/models/`, `${web.url}/models`, 's3://some/bucket'];
    for (const [i, where] of places.entries()) {
      const options = { home: home(`home${i}`), mirror: openMirror(where, { openBucket: () => bucket }) };
      expect(readFileSync(await pull('vit-b16', options)).equals(model)).toBe(true);
      await expect(pull('vit21k-b16', options)).rejects.toThrow(/of the mirror /);
    }
  });

  test('without the file is named, and the source is not asked', async () => {
    await expect(pull('vit-b16')).rejects.toThrow(`no file ${join(mirror, 'vit-b16.onnx')}, of the mirror ${mirror}`);
  });

  test('has to give the bytes that the registry knows', async () => {
    writeFileSync(join(mirror, 'dinov2-small-focus.onnx'), model);
    // Of another size: refused before it is read.
    await expect(pull('dinov2-small-focus')).rejects.toThrow(/^dinov2-small-focus has \d+ bytes; expected 97447603$/);
    writeFileSync(join(mirror, 'siglip2-b16.onnx'), model);
    await expect(pull('siglip2-b16')).rejects.toThrow(`siglip2-b16 has sha256 ${hash(model)}; expected c0573e3f`);
    expect(readdirSync(join(home(), 'models'))).toEqual([]);
  });

  test('is an address or a folder', () => {
    expect(() => openMirror('ftp://there', { openBucket: never })).toThrow(/^mirror ftp:\/\/there; expected s3:/);
    expect(() => openMirror('https://me:secret@there', { openBucket: never })).toThrow(/expected one without$/);
  });
});

describe('a hash that nobody knows yet', () => {
  test('is recorded at first use and enforced since', async () => {
    writeFileSync(join(mirror, 'vit-b16.onnx'), model);
    const path = await pull('vit-b16');
    expect(JSON.parse(readFileSync(join(home(), 'models', 'vit-b16.json'), 'utf8'))).toMatchObject({
      ...{ version: 1, name: 'vit-b16', source: mirror },
      files: [{ name: 'model.onnx', sha256: hash(model), bytes: model.length }],
    });
    expect(await resolveBackbone('vit-b16', { home: home() })).toMatchObject({ id: 'vit-b16', sha256: hash(model) });
    writeFileSync(path, other);
    await expect(pull('vit-b16')).rejects.toThrow(`${path} has sha256 ${hash(other)}; expected ${hash(model)}`);
    rmSync(path);
    writeFileSync(join(mirror, 'vit-b16.onnx'), other);
    await expect(pull('vit-b16')).rejects.toThrow(`vit-b16 has sha256 ${hash(other)}; expected ${hash(model)}`);
    await expect(resolveBackbone('vit-b16', { home: home() })).rejects.toThrow(BackboneMissingError);
  });

  test('is that of all who share the store', async () => {
    const store = memoryStore();
    writeFileSync(join(mirror, 'vit-b16.onnx'), model);
    await pull('vit-b16', { store });
    expect([...store.objects.keys()]).toEqual(['backbones/fetched/vit-b16.json']);
    await pull('vit-b16', { store, home: home('same') });
    writeFileSync(join(mirror, 'vit-b16.onnx'), other);
    await expect(pull('vit-b16', { store, home: home('third') })).rejects.toThrow(`expected ${hash(model)}`);
    // A home that has other bytes from before it knew the store.
    await pull('vit-b16', { home: home('fourth') });
    await expect(pull('vit-b16', { store, home: home('fourth') })).rejects.toThrow(/as at first use/);
  });
});

test('a known backbone is forgotten, with the hash of its first use, unless there are keys of it', async () => {
  const store = memoryStore();
  writeFileSync(join(mirror, 'vit-b16.onnx'), model);
  await pull('vit-b16', { store });
  writeFileSync(join(mirror, 'vit-b16.onnx'), other);
  await removeBackbone('vit-b16', { home: home(), from: 'home' });
  expect(readdirSync(join(home(), 'models'))).toEqual([]);
  await expect(pull('vit-b16', { store })).rejects.toThrow(`expected ${hash(model)}`);
  await store.put('keys/vit-b16-layer3/ab/abc.safetensors', 'keys');
  const forget = () => removeBackbone('vit-b16', { home: home(), store, from: 'store' });
  await expect(forget()).rejects.toThrow(/^keys of vit-b16 are in the store \(keys\/vit-b16-layer3/);
  await store.delete('keys/vit-b16-layer3/ab/abc.safetensors');
  await forget();
  expect(readFileSync(await pull('vit-b16', { store })).equals(other)).toBe(true);
});

describe('licences', () => {
  test('are told before anything is fetched', async () => {
    const told: string[] = [];
    const onLicence = ({ licence }: { licence: string }) => told.push(licence);
    await expect(pull('vit-b16', { onLicence })).rejects.toThrow(/^no file/);
    expect(told).toEqual(['Apache-2.0 (Google)']);
  });

  test('with terms of their own want to be accepted', async () => {
    writeFileSync(join(mirror, 'mae-b16.onnx'), model);
    const error = await pull('mae-b16').catch((caught) => caught);
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(/^mae-b16 is under CC BY-NC 4\.0 \(Meta\) \(non-commercial\); expected it accepted/);
    expect(readFileSync(await pull('mae-b16', { accepted: ['mae-b16'] })).equals(model)).toBe(true);
    // What is here was accepted.
    await pull('mae-b16');
  });
});

describe('a backbone that is not published', () => {
  test('says how to export it', async () => {
    const exporter = fileURLToPath(new URL('../../export-backbone.py', import.meta.url));
    expect(existsSync(exporter)).toBe(true);
    await expect(pull('dino-b8', { mirror: undefined })).rejects.toThrow(
      `no ONNX file of dino-b8 is published (vit_base_patch8_224.dino); expected your own: python3 ${exporter} dino-b8 --out dino-b8.onnx, then saltworks backbone pull dino-b8 --from dino-b8.onnx`,
    );
  });

  test('is taken from a file or an address that is named', async () => {
    const own = join(folder, 'own.onnx');
    writeFileSync(own, model);
    const path = await pull('dino-b8', { mirror: undefined, from: own });
    expect(readFileSync(path).equals(model)).toBe(true);
    const web = await serve(file(other));
    closing.push(web);
    const second = { home: home('second'), from: `${web.url}/any.onnx` };
    expect(readFileSync(await pull('dino-b8', second)).equals(other)).toBe(true);
  });
});

test('several files lie together, each with its hash', async () => {
  const data = Buffer.alloc(5000, 'w');
  mkdirSync(join(mirror, 'dinov3-l16'));
  writeFileSync(join(mirror, 'dinov3-l16', 'model.onnx'), model);
  const options = { accepted: ['dinov3-l16'] };
  await expect(pull('dinov3-l16', options)).rejects.toThrow(/^no file .*model\.onnx_data/);
  await expect(resolveBackbone('dinov3-l16', { home: home() })).rejects.toThrow(BackboneMissingError);
  writeFileSync(join(mirror, 'dinov3-l16', 'model.onnx_data'), data);
  const path = await pull('dinov3-l16', options);
  expect(path).toBe(join(home(), 'models', 'dinov3-l16', 'model.onnx'));
  expect(await resolveBackbone('dinov3-l16', { home: home() })).toMatchObject({
    sha256: hash(model),
    data: [{ name: 'model.onnx_data', sha256: hash(data) }],
  });
});
