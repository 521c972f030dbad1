import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
// The thread runs the built package, so the test imports it, too.
import { KNOWN_BACKBONES } from '@saltworks/backbone/registry/known';
import { resolveBackbone } from '@saltworks/backbone/registry/registry';
import { type KeySession, openFacets, openSession } from '@saltworks/backbone/session/session';
import { InvalidInputError } from '@saltworks/contract/errors';
import { shiftImage } from '@saltworks/core/image/image';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preprocess } from '../../src/image/preprocess.ts';
import { makeNode } from '../../src/onnx/make.ts';
import { meanCosine } from '../../src/session/cosine.ts';
import { expectClose, home, isPulled, openTapped, random, realModel, tapBytes } from '../run.ts';
import { DIM, floats, HEADS, LAYERS, PATCH, PREFIX, tinyVit } from '../tiny-vit.ts';
import { weightsBeside } from '../weights-beside.ts';

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Noise, the same each time. */
function noise(width: number, height: number) {
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (Math.imul(i, 2654435761) >>> 20) & 255);
  return { data, width, height };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'saltworks-session-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function specOf(bytes: Uint8Array, name: string) {
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, bytes);
  return resolveBackbone(path, { home: folder });
}

describe('a model whose weights lie beside it', () => {
  const beside = async (name: string) => {
    const place = join(folder, name);
    mkdirSync(place);
    const path = join(place, 'model.onnx');
    writeFileSync(path, weightsBeside(place));
    const spec = await resolveBackbone(path, { home: place });
    expect(spec.data).toMatchObject([{ name: 'weights.bin' }]);
    return { place, spec };
  };

  test('gives the keys of the same model in one file, also from the cache', async () => {
    const { spec } = await beside('weights-beside');
    const image = noise(30, 20);
    const whole = await openSession(await specOf(tinyVit(), 'whole'), { facet: 'key', threads: 1 });
    const { data } = await whole.extract(image, { longSide: 36 });
    await whole.close();
    for (const _ of ['tapped now', 'tapped before']) {
      const session = await openSession(spec, { facet: 'key', threads: 1 });
      expectClose((await session.extract(image, { longSide: 36 })).data, data, 1e-6);
      await session.close();
    }
  });

  test('is refused when the weights are others than those that it was added with', async () => {
    const { place, spec } = await beside('weights-changed');
    const file = join(place, 'weights.bin');
    const bytes = readFileSync(file);
    bytes[0] ^= 1;
    writeFileSync(file, bytes);
    await expect(openSession(spec, { facet: 'key', threads: 1 })).rejects.toThrow(
      /^weights\.bin has sha256 .*; expected /,
    );
  });
});

describe('a tiny model', () => {
  let session: KeySession;
  beforeAll(async () => {
    session = await openSession(await specOf(tinyVit(), 'tiny'), { facet: 'query', layer: 0, threads: 1 });
  });
  afterAll(() => session.close());

  test('has facts', () => {
    const found = { layers: LAYERS, heads: HEADS, dim: DIM, patch: PATCH, prefixTokens: PREFIX };
    expect(session.facts).toMatchObject({ ...found, layer: 0, facet: 'query', device: 'cpu', batch: 1 });
  });

  test('gives the keys of the tapped model, without prefix tokens', async () => {
    const image = noise(30, 20);
    const { h, w, d, data } = await session.extract(image, { longSide: 36 });
    expect([h, w, d, data.length]).toEqual([6, 9, DIM, 6 * 9 * DIM]);
    const run = await openTapped(await tapBytes(tinyVit(), { layer: 0, facet: 'query' }));
    const pixels = preprocess(image, { patch: PATCH, longSide: 36, ...imagenet });
    expectClose(data, (await run(pixels.data, 24, 36))[0].data.slice(PREFIX * DIM), 1e-6);
    expect(image.data).toHaveLength(3 * 30 * 20);
    expect(await session.extract(image, { longSide: 'native' })).toMatchObject({ h: 5, w: 8 });
  });

  test('takes a view into a larger buffer', async () => {
    const image = noise(16, 16);
    const larger = Buffer.concat([Buffer.alloc(100, 1), image.data, Buffer.alloc(100, 2)]);
    const view = { ...image, data: larger.subarray(100, -100) };
    const [expected, actual] = await Promise.all([image, view].map((each) => session.extract(each, { longSide: 16 })));
    expect(actual.data).toEqual(expected.data);
  });

  test('puts the keys of four shifted passes at their places on the ×2 grid', async () => {
    const image = noise(32, 24);
    const native = { longSide: 'native' } as const;
    const { h, w, d, data } = await session.extract(image, { ...native, doubling: 'overlap' });
    expect([h, w, d]).toEqual([12, 16, DIM]);
    // The node in row 1, column 0 of each patch comes from the image shifted by (−1, 1), a quarter patch left and down.
    const { data: one } = await session.extract(shiftImage(image, -1, 1), native);
    for (let y = 0; y < 6; y++) {
      for (let x = 0; x < 8; x++) {
        const node = ((2 * y + 1) * w + 2 * x) * d;
        expectClose(data.slice(node, node + d), one.slice((y * 8 + x) * d, (y * 8 + x + 1) * d), 1e-6);
      }
    }
  });

  test('computes the ×2 grid in one pass by half the stride, where the four shifted passes do', async () => {
    const image = noise(32, 24);
    const native = { longSide: 'native' } as const;
    const four = await session.extract(image, { ...native, doubling: 'overlap' });
    const one = await session.extract(image, { ...native, doubling: 'stride' });
    expect([one.h, one.w, one.d]).toEqual([four.h, four.w, four.d]);
    // Positions differ a little: they are those of a finer grid, not of four coarse ones.
    expect(meanCosine(one.data, four.data, one.d)).toBeGreaterThan(0.9);
    await expect(session.extract(noise(8, 8), { longSide: 260, doubling: 'stride' })).rejects.toThrow(
      /^16900 patches at 260 × 260; expected at most 16384/,
    );
  });

  test('answers plain and doubled requests in any order', async () => {
    const native = { longSide: 'native' } as const;
    const ways = [undefined, 'stride', 'overlap', 'stride', undefined] as const;
    const alone = [];
    for (const doubling of ways) alone.push(await session.extract(noise(16, 8), { ...native, doubling }));
    const together = await Promise.all(ways.map((doubling) => session.extract(noise(16, 8), { ...native, doubling })));
    expect(together).toEqual(alone);
  });

  test('gives each of many requests its own answer', async () => {
    const widths = [40, 8, 24, 12];
    const all = await Promise.all(widths.map((width) => session.extract(noise(width, 8), { longSide: 'native' })));
    expect(all.map(({ w }) => w)).toEqual(widths.map((width) => width / PATCH));
  });

  test('rejects an aborted request with its reason, and answers the next', async () => {
    const reason = new Error('enough');
    const longSide = 32;
    const aborted = session.extract(noise(8, 8), { longSide, signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
    const abort = new AbortController();
    const { signal } = abort;
    const both = [0, 1].map(() => session.extract(noise(8, 8), { longSide, signal }));
    const after = session.extract(noise(12, 8), { longSide: 'native' });
    abort.abort(reason);
    for (const each of both) await expect(each).rejects.toBe(reason);
    expect(await after).toMatchObject({ h: 2, w: 3 });
  });

  test('refuses unusable images and sizes', async () => {
    const large = session.extract(noise(8, 8), { longSide: 516 });
    await expect(large).rejects.toThrow(/^16641 patches at 516 × 516; expected at most 16384/);
    const wrong = { data: new Uint8Array(5), width: 2, height: 1 };
    await expect(session.extract(wrong)).rejects.toThrow(/^an image of 5 bytes; expected 3 × 2 × 1/);
    await expect(session.extract(noise(0, 0))).rejects.toThrow(InvalidInputError);
    await expect(session.extract(noise(8, 8), { longSide: 0 })).rejects.toThrow(/^a long side of 0; expected/);
  });
});

describe('a batch', () => {
  const native = { longSide: 'native' } as const;
  /** Different noise, of mixed sizes. */
  const mixed = Array.from({ length: 23 }, (_, i) => {
    const image = noise([16, 24, 16, 8][i % 4], [8, 16][i % 2]);
    return { ...image, data: image.data.map((value) => (value * (i + 3)) & 255) };
  });
  const keysOf = async (bytes: Uint8Array, batch: number) => {
    const session = await openSession(await specOf(bytes, `batch-${batch}`), { facet: 'key', threads: 1, batch });
    const all = await Promise.all(mixed.map((image) => session.extract(image, native)));
    const overlapping = await session.extract(mixed[0], { ...native, doubling: 'overlap' });
    await session.close();
    return { batch: session.facts.batch, keys: [...all, overlapping] };
  };

  test.each([2, 3, 8])('of up to %i gives each image the keys that it gets alone', async (batch) => {
    const alone = await keysOf(tinyVit({ batched: true }), 1);
    const together = await keysOf(tinyVit({ batched: true }), batch);
    expect([alone.batch, together.batch]).toEqual([1, batch]);
    for (const [i, { h, w, data }] of together.keys.entries()) {
      expect([h, w]).toEqual([alone.keys[i].h, alone.keys[i].w]);
      expectClose(data, alone.keys[i].data, 1e-6);
    }
  });

  test('of many images is taken, too, where the export froze a batch of one', async () => {
    const { batch, keys } = await keysOf(tinyVit(), 8);
    expect(batch).toBe(8);
    for (const [i, { data }] of (await keysOf(tinyVit({ batched: true }), 1)).keys.entries())
      expectClose(keys[i].data, data, 1e-6);
  });
});

test('a closed session rejects pending and later requests', async () => {
  const session = await openSession(await specOf(tinyVit(), 'closing'), { facet: 'key', threads: 1 });
  const extract = () => session.extract(noise(40, 40), { longSide: 'native' });
  const pending = [0, 1].map(() => extract().catch((error) => error));
  await session.close();
  for (const error of await Promise.all(pending)) expect(error.message).toBe('the session was closed');
  await expect(extract()).rejects.toThrow('the session was closed');
  await session.close();
});

describe('opening refuses', () => {
  test('a missing layer, and malformed numbers of threads and images', async () => {
    const spec = await specOf(tinyVit(), 'layers');
    const refused = openSession(spec, { facet: 'key', layer: 2 });
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow('layer 2; expected 0 to 1');
    await expect(openSession(spec, { facet: 'key', threads: 0 })).rejects.toThrow(/^threads 0; expected/);
    await expect(openSession(spec, { facet: 'key', batch: 1.5 })).rejects.toThrow(/^batch 1.5; expected/);
  });

  test('a changed file, with both hashes', async () => {
    const spec = await specOf(tinyVit(), 'changed');
    writeFileSync(spec.path, tinyVit({ outputs: ['key.0'] }));
    const refused = openSession(spec, { facet: 'key' });
    await expect(refused).rejects.toThrow(InvalidInputError);
    await expect(refused).rejects.toThrow(new RegExp(`sha256 [0-9a-f]{64}; expected ${spec.sha256}`));
  });
});

test('a model that runs at its native size only sees every image at that size, and says so', async () => {
  const tokens = PREFIX + 25;
  const bias = floats('bias', [1, HEADS, tokens, tokens], random(3));
  const beforeSoftmax = (from: string, to: string) => [makeNode('Add', [from, 'bias'], [to])];
  const bytes = tinyVit({ initializers: [bias], beforeSoftmax });
  const session = await openSession(await specOf(bytes, 'native'), { facet: 'key', threads: 1, batch: 4 });
  const { anySize, fixed, nativeSize } = session.facts;
  expect({ anySize, nativeSize }).toEqual({ anySize: false, nativeSize: [20, 20] });
  expect(fixed).toMatch(/^Add with a constant of \[1,2,28,28\].*fixes the size$/);
  const images = [noise(31, 9), noise(20, 20)];
  const keys = await Promise.all(images.map((image) => session.extract(image)));
  await session.close();
  const run = await openTapped(await tapBytes(bytes, { facet: 'key' }));
  for (const [i, image] of images.entries()) {
    const pixels = preprocess(image, { patch: PATCH, longSide: 20, size: [20, 20], ...imagenet });
    expect([keys[i].h, keys[i].w]).toEqual([5, 5]);
    expectClose(keys[i].data, (await run(pixels.data, 20, 20))[0].data.slice(PREFIX * DIM), 1e-6);
  }
});

const facets = ['key', 'query', 'value'] as const;
const everyFacet = (layers: number) =>
  Array.from({ length: layers }, (_, layer) => facets.map((facet) => ({ layer, facet }))).flat();

/** One inference for all, beside a session for each alone. */
async function expectSameBits(
  spec: Awaited<ReturnType<typeof specOf>>,
  wanted: readonly { layer: number; facet: 'key' | 'query' | 'value' }[],
  options: Parameters<KeySession['extract']>[1],
) {
  const image = noise(40, 30);
  const all = await openFacets(spec, wanted, { threads: 1 });
  expect(all.facts.outputs).toEqual(wanted);
  const keys = await all.extract(image, options);
  await all.close();
  expect(keys.length).toBe(wanted.length);
  for (const [i, output] of wanted.entries()) {
    const alone = await openSession(spec, { ...output, threads: 1 });
    expect(alone.facts).toMatchObject(output);
    expect(keys[i], JSON.stringify(output)).toEqual(await alone.extract(image, options));
    await alone.close();
  }
}

describe('one inference gives facets of several layers, to the bit those of sessions of their own', () => {
  test.each([undefined, 'overlap', 'stride'] as const)('of a tiny model, doubled by %s', async (doubling) => {
    const spec = await specOf(tinyVit(), `facets-${doubling}`);
    await expectSameBits(spec, everyFacet(LAYERS), { longSide: 36, doubling });
  });

  test('in the order wanted, also from the cache, batch by batch', async () => {
    const spec = await specOf(tinyVit(), 'facets-order');
    const wanted = everyFacet(LAYERS).reverse();
    const images = [noise(28, 16), { ...noise(28, 16), data: noise(28, 16).data.map((value) => 255 - value) }];
    const found = [];
    for (const batch of [1, 2]) {
      const session = await openFacets(spec, wanted, { threads: 1, batch });
      found.push(await Promise.all(images.map((image) => session.extract(image, { longSide: 28 }))));
      await session.close();
    }
    expect(found[1]).toEqual(found[0]);
    const last = await openSession(spec, { facet: 'value', threads: 1 });
    expect(found[0][0][0]).toEqual(await last.extract(images[0], { longSide: 28 }));
    await last.close();
    await expect(openFacets(spec, [{ facet: 'key' }, { layer: 9, facet: 'key' }])).rejects.toThrow('layer 9; expected');
  });
});

describe('a tapped model is kept', () => {
  const cached = () =>
    readdirSync(join(folder, 'models', 'tapped')).map((name) => join(folder, 'models', 'tapped', name));
  const keysOf = async (spec: Awaited<ReturnType<typeof specOf>>) => {
    const session = await openSession(spec, { facet: 'value', layer: 1, threads: 1 });
    const keys = await session.extract(noise(28, 16), { longSide: 'native' });
    await session.close();
    return keys;
  };

  test('and used again; a damaged one is made again', async () => {
    const spec = await specOf(tinyVit({ fixedPositions: PREFIX + 25 }), 'kept');
    const first = await keysOf(spec);
    const files = cached().filter((path) => path.includes(spec.sha256.slice(0, 32)));
    expect(files.map(extname).sort()).toEqual(['.json', '.onnx', '.safetensors']);
    const times = () => files.map((path) => statSync(path).mtimeMs);
    const before = times();
    expect(await keysOf(spec)).toEqual(first);
    expect(times()).toEqual(before);
    for (const path of files) {
      const whole = readFileSync(path);
      for (const damaged of [whole.subarray(0, whole.length >> 1), Buffer.from(whole).fill(7, whole.length - 9)]) {
        writeFileSync(path, damaged);
        expect(await keysOf(spec)).toEqual(first);
        expect(readFileSync(path).equals(whole)).toBe(true);
      }
    }
  });

  test('nowhere if the folder cannot be written', async () => {
    const spec = await specOf(tinyVit(), 'unwritable');
    writeFileSync(join(folder, 'file'), '');
    expect(await keysOf({ ...spec, cache: join(folder, 'file', 'tapped') })).toMatchObject({ h: 4, w: 7 });
  });
});

describe.skipIf(!isPulled)('dinov2-small-focus (skipped until npm run setup has pulled it)', () => {
  test('extracts without blocking the event loop', async () => {
    const session = await openSession(await resolveBackbone('dinov2-small-focus', { home }), { facet: 'key' });
    expect(session.facts).toMatchObject({ layers: 12, layer: 11, heads: 6, dim: 384, patch: 14, prefixTokens: 1 });
    const image = noise(320, 240);
    let ticks = 0;
    const clock = setInterval(() => ticks++, 5);
    const { h, w, d, data } = await session.extract(image);
    clearInterval(clock);
    expect(ticks).toBeGreaterThan(5);
    expect([h, w, d]).toEqual([28, 37, 384]);
    const run = await openTapped(await tapBytes(new Uint8Array(readFileSync(realModel)), { facet: 'key' }));
    const [{ mean, std, patch }] = KNOWN_BACKBONES;
    const pixels = preprocess(image, { patch, longSide: 518, mean, std });
    expectClose(data, (await run(pixels.data, 392, 518))[0].data.slice(384), 1e-4);
    await session.close();
  }, 60_000);

  test('gives an image the same bits in a batch as alone', async () => {
    const spec = await resolveBackbone('dinov2-small-focus', { home });
    const images = [1, 2, 3].map((i) => ({ ...noise(64, 48), data: noise(64, 48).data.map((value) => value * i) }));
    const found = [];
    for (const batch of [1, 3]) {
      const session = await openSession(spec, { facet: 'key', batch });
      expect(session.facts.batch).toBe(batch);
      found.push(await Promise.all(images.map((image) => session.extract(image, { longSide: 154 }))));
      await session.close();
    }
    expect(found[1]).toEqual(found[0]);
  }, 60_000);

  test('gives the facets of several layers in one inference, to the bit those of sessions of their own', async () => {
    const spec = await resolveBackbone('dinov2-small-focus', { home });
    const wanted = [
      { layer: 4, facet: 'value' },
      { layer: 11, facet: 'key' },
    ] as const;
    await expectSameBits(spec, wanted, { longSide: 518 });
  }, 180_000);

  test('is refused if its file changed', async () => {
    const spec = await resolveBackbone('dinov2-small-focus', { home });
    const path = join(folder, 'changed.onnx');
    copyFileSync(spec.path, path);
    writeFileSync(path, 'x', { flag: 'r+' });
    await expect(openSession({ ...spec, path }, { facet: 'key' })).rejects.toThrow(`expected ${spec.sha256}`);
  });
});

describe('device', () => {
  test('auto falls back to the CPU without CUDA; cuda is refused', async () => {
    const spec = await specOf(tinyVit(), 'device');
    const session = await openSession(spec, { facet: 'key', device: 'auto' });
    const { device } = session.facts;
    await session.close();
    if (device === 'cuda') return;
    await expect(openSession(spec, { facet: 'key', device: 'cuda' })).rejects.toThrow('expected device cpu or auto');
  });
});
