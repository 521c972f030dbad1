/** Damaged and hostile files: an answer or one clear refusal, in bounded time and memory. SALTWORKS_FUZZ=20000 tries more. */
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { afterAll, expect, test } from 'vitest';
import type { ModelFile } from '../../src/onnx/external.ts';
import { makeInts, makeNode } from '../../src/onnx/make.ts';
import { readNode, readTensor } from '../../src/onnx/model.ts';
import { blockPart, intPart, readFields, stringPart, writeFields } from '../../src/onnx/protobuf.ts';
import { evaluate } from '../../src/runtime/runtime.ts';
import { tap } from '../../src/tap/tap.ts';
import { fixture, fixtures, hasFixtures, random } from '../run.ts';
import { scalar, tinyVit } from '../tiny-vit.ts';

const rounds = Number(process.env.SALTWORKS_FUZZ ?? 400);
/** Milliseconds for one file, on a machine that does other things as well. */
const LONGEST = 20_000;

const folder = mkdtempSync(join(tmpdir(), 'saltworks-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Taps a file; anything but a tapped model or one line of refusal fails. @returns whether it was tapped */
async function survives(file: ModelFile, what: string): Promise<boolean> {
  const start = performance.now();
  const outcome = await tap(file, [{ facet: 'key' }], evaluate).catch((error: Error) => error);
  expect(performance.now() - start, what).toBeLessThan(LONGEST);
  if (!(outcome instanceof Error)) return true;
  expect(outcome, `${what}: ${outcome.stack}`).toBeInstanceOf(InvalidInputError);
  expect(outcome.message, what).toMatch(/^[^\n]{1,2000}$/);
  return false;
}

type Mutation = (bytes: Uint8Array, next: () => number) => Uint8Array;

const below = (next: () => number, n: number) => Math.floor(next() * n);

/** Fields of a message somewhere inside, reached through blocks that parse; the change goes in on the way back. */
function within(bytes: Uint8Array, next: () => number, change: (fields: ReturnType<typeof readFields>) => void) {
  const descend = (message: Uint8Array, depth: number): Uint8Array => {
    const fields = readFields(message, 'any');
    const blocks = fields.filter(({ wire, payload }) => wire === 2 && payload.length > 1 && payload.length < 200_000);
    const block = blocks[below(next, blocks.length)];
    if (block && depth < 6 && next() < 0.8) {
      try {
        block.payload = descend(block.payload, depth + 1);
        return writeFields(fields);
      } catch {
        // Not a message: change this one.
      }
    }
    change(fields);
    return writeFields(fields);
  };
  return descend(bytes, 0);
}

const mutations: Record<string, Mutation> = {
  'bits flipped'(bytes, next) {
    const out = bytes.slice();
    for (let i = 1 + below(next, 8); i > 0; i--) out[below(next, out.length)] ^= 1 << below(next, 8);
    return out;
  },
  'cut short': (bytes, next) => bytes.slice(0, below(next, bytes.length)),
  'a piece moved'(bytes, next) {
    const out = bytes.slice();
    const length = below(next, 400);
    out.copyWithin(below(next, out.length), below(next, out.length), below(next, out.length) + length);
    return out;
  },
  'a message twice'(bytes, next) {
    return within(bytes, next, (fields) => {
      const field = fields[below(next, fields.length)];
      if (field) fields.push({ ...field });
    });
  },
  'a message gone'(bytes, next) {
    return within(bytes, next, (fields) => {
      fields.splice(below(next, fields.length), 1);
    });
  },
  'messages swapped'(bytes, next) {
    return within(bytes, next, (fields) => {
      const [a, b] = [fields[below(next, fields.length)], fields[below(next, fields.length)]];
      if (a && b) [a.payload, b.payload] = [b.payload, a.payload];
    });
  },
  'a number changed'(bytes, next) {
    const odd = [0, 1, 2 ** 31, 2 ** 53, -1, -(2 ** 62), 50, 96];
    return within(bytes, next, (fields) => {
      const numbers = fields.filter(({ wire }) => wire === 0);
      const field = numbers[below(next, numbers.length)];
      if (field) field.payload = intPart(1, odd[below(next, odd.length)]).payload as Uint8Array;
    });
  },
  'a name changed'(bytes, next) {
    const names = ['', 'picture', 'MatMul', 'Softmax', 'Loop', 'Reshape', '\u0000', 'Attention'];
    return within(bytes, next, (fields) => {
      const texts = fields.filter(({ wire, payload }) => wire === 2 && payload.length < 60);
      const field = texts[below(next, texts.length)];
      if (field) field.payload = new TextEncoder().encode(names[below(next, names.length)]);
    });
  },
};

const small = hasFixtures
  ? readdirSync(fixtures).flatMap((name) => (name.endsWith('.onnx') ? [fixture(name)] : []))
  : [];
const seeds = [tinyVit(), tinyVit({ fixedPositions: 28 }), tinyVit({ batched: true, frozenRows: true }), ...small];

test(`${rounds} damaged files are tapped or refused in one line`, { timeout: 600_000 + rounds * 1000 }, async () => {
  const next = random(20261129);
  const kinds = Object.entries(mutations);
  let tapped = 0;
  for (let round = 0; round < rounds; round++) {
    // Tiny ones mostly: they are quick.
    const seed = seeds[next() < 0.9 ? below(next, 3) : below(next, seeds.length)];
    const [what, mutate] = kinds[round % kinds.length];
    let bytes = mutate(seed, next);
    if (next() < 0.3) bytes = kinds[below(next, 3)][1](bytes, next);
    if (await survives({ bytes, folder }, `round ${round}, ${what}`)) tapped++;
  }
  expect(tapped).toBeGreaterThan(0);
  expect(tapped).toBeLessThan(rounds);
});

const inserted = (from: string, ...nodes: ReturnType<typeof makeNode>[]) =>
  tinyVit({ nodes, beforeSoftmax: (scores, to) => [makeNode('Add', [scores, from], [to])] });

/** A tensor in a file beside the model. */
function outside(location: string, length = 4096): Uint8Array {
  const entry = (key: string, value: string) => blockPart(13, [stringPart(1, key), stringPart(2, value)]);
  const tensor = readTensor(
    writeFields([
      ...[4, 16, 16].map((dim) => intPart(1, dim)),
      intPart(2, 1),
      stringPart(8, 'far'),
      entry('location', location),
      entry('length', String(length)),
      intPart(14, 1),
    ]),
  );
  const beforeSoftmax = (scores: string, to: string) => [
    makeNode('ReduceMean', ['far'], [`${to} mean`], { keepdims: 0 }),
    makeNode('Add', [scores, `${to} mean`], [to]),
  ];
  return tinyVit({ initializers: [tensor], beforeSoftmax });
}

/** If within If, each in the branch of the one before. */
function nested(depth: number): Uint8Array {
  let body = writeFields([stringPart(2, 'body')]);
  for (let i = 0; i < depth; i++) {
    const branch = blockPart(5, [stringPart(1, 'then_branch'), blockPart(6, body), intPart(20, 5)]);
    const node = blockPart(1, [stringPart(1, 'yes'), stringPart(2, `deep ${i}`), stringPart(4, 'If'), branch]);
    body = writeFields([node, stringPart(2, 'body')]);
  }
  const [{ payload }] = readFields(body, 'graph');
  return tinyVit({ initializers: [scalar('yes', 1)], nodes: [readNode(payload)] });
}

const doubled = Array.from({ length: 48 }, (_, i) =>
  makeNode('Concat', [`d${i}`, `d${i}`], [`d${i + 1}`], { axis: 0 }),
);
const claim = (...dims: number[]) => [makeNode('Constant', [], ['dims'], { value: makeInts('', dims) })];

const hostile: [string, () => Uint8Array][] = [
  ['a cycle', () => inserted('a', makeNode('Relu', ['b'], ['a']), makeNode('Relu', ['a'], ['b']))],
  ['nodes nested 3,000 deep', () => nested(3000)],
  [
    'a terabyte of zeros',
    () => inserted('z', ...claim(2 ** 19, 2 ** 19), makeNode('ConstantOfShape', ['dims'], ['z'])),
  ],
  [
    'a number spread over a terabyte',
    () => inserted('z', ...claim(2 ** 19, 2 ** 19), makeNode('Expand', ['half', 'dims'], ['z'])),
  ],
  [
    'a vector laid out a billion times',
    () => inserted('z', ...claim(2 ** 30), makeNode('Tile', ['gain.0', 'dims'], ['z'])),
  ],
  ['a tensor doubled 48 times', () => inserted('d48', makeNode('Identity', ['gain.0'], ['d0']), ...doubled)],
  ['noise of a terabyte', () => inserted('z', makeNode('RandomNormal', [], ['z'], { shape: [2 ** 19, 2 ** 19] }))],
  [
    'weights of 2⁶⁰ values in four bytes',
    () =>
      tinyVit({
        initializers: [huge([2 ** 30, 2 ** 30])],
        beforeSoftmax: (from, to) => [makeNode('Add', [from, 'huge'], [to])],
      }),
  ],
  [
    'weights of a negative size',
    () =>
      tinyVit({ initializers: [huge([-4, 8])], beforeSoftmax: (from, to) => [makeNode('Add', [from, 'huge'], [to])] }),
  ],
  ['weights outside the folder', () => outside('../secret.bin')],
  ['weights at an absolute path', () => outside('/etc/hostname', 4096)],
  ['weights behind a link that leads outside', () => outside('link.bin')],
  ['weights in a folder', () => outside('.')],
  ['weights of eight gigabytes in a small file', () => outside('small.bin', 2 ** 33)],
  ['weights in a file that ends early', () => outside('small.bin')],
];

function huge(dims: readonly number[]) {
  return readTensor(
    writeFields([
      ...dims.map((dim) => intPart(1, dim)),
      intPart(2, 1),
      stringPart(8, 'huge'),
      blockPart(9, new Uint8Array(4)),
    ]),
  );
}

test.each(hostile)('%s: refused in one line, without the memory', async (what, make) => {
  writeFileSync(join(folder, 'small.bin'), new Uint8Array(64));
  rmSync(join(folder, 'link.bin'), { force: true });
  symlinkSync('/etc/hostname', join(folder, 'link.bin'));
  const before = process.memoryUsage().rss;
  expect(await survives({ bytes: make(), folder }, what)).toBe(false);
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 29);
});
