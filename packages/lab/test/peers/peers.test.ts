import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Keys } from '@saltworks/core/keys/keys';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { afterAll, describe, expect, test } from 'vitest';
import { findPeers, ofPeers, openPeers, type Peer } from '../../src/peers/peers.ts';

/** The left part red, the right one blue, a little uneven; a stroke on each. */
const [width, height, edge] = [64, 48, 24];
const isLeft = (i: number) => i % width < edge;
const image = {
  width,
  height,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const bright = (i % 3 === 0) === isLeft(Math.floor(i / 3));
    return i % 3 === 1 ? 20 : (bright ? 200 : 30) + ((i * 37) % 11);
  }),
};
const stroke = (segment: number, x: number) => ({
  segment,
  radius: 2,
  points: [
    [x, 6],
    [x, 40],
  ] as [number, number][],
});
const drawn = (...strokes: ReturnType<typeof stroke>[]) =>
  rasterise({ image: { width, height }, segments: [], strokes });
const two = drawn(stroke(5, 10), stroke(9, 50));

/** Keys of 6 × 8 patches: those of the left three columns lie together, and the others. */
const keys: Keys = {
  h: 6,
  w: 8,
  d: 2,
  data: Float32Array.from({ length: 6 * 8 * 2 }, (_, i) => (Number(i % 2 === 0) === Number((i >> 1) % 8 < 3) ? 1 : 0)),
};

const home = fileURLToPath(new URL('../../../../.tools/lab', import.meta.url));
const { missing, ...access } = await findPeers({ home, env: { ...process.env } });
const { peers, stop } = await openPeers(access);
afterAll(stop);
const named = (name: string) => peers.find((peer) => peer.name === name)!;

test('the nearest seed in key space labels a node, and the node its pixels', async () => {
  const mask = await named('nearest seed').open(image, keys)(two);
  expect([...mask.ids].filter((id, i) => id !== (isLeft(i) ? 5 : 9)).length).toBe(0);
});

describe.skipIf(missing)(`peers in Python${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test.each(['random walker', 'grabcut'])('the %s finds the edge of two colours', async (name) => {
    const mask = await named(name).open(image, keys)(two);
    expect([mask.width, mask.height]).toEqual([width, height]);
    expect([...mask.ids].filter((id, i) => id !== (isLeft(i) ? 5 : 9)).length).toBe(0);
    expect(await named(name).open(image, keys)(two)).toEqual(mask);
  });

  test('peers whose Python has ended say so', async () => {
    const other = await openPeers(access);
    expect(other.ended()).toBe(false);
    other.stop();
    await expect.poll(other.ended, { timeout: 20_000 }).toBe(true);
    const walker = other.peers.find(({ name }) => name === 'random walker')!;
    await expect(walker.open(image, keys)(two)).rejects.toThrow('the peers in Python ended');
  });

  test('the random walker knows any number of labels, GrabCut two', async () => {
    const three = drawn(stroke(5, 10), stroke(9, 40), stroke(2, 60));
    const mask = await named('random walker').open(image, keys)(three);
    expect(new Set(mask.ids)).toEqual(new Set([2, 5, 9]));
    expect(await applied({ image, keys, labels: 3 })).toEqual(['nearest seed', 'random walker']);
    expect(await applied({ image, keys, labels: 2 })).toEqual(['nearest seed', 'random walker', 'grabcut']);
  });
});

/** Names of the peers that are asked, and in `notes` why others are not. */
const notes: string[] = [];
const applied = (input: Parameters<typeof ofPeers>[1], among = peers) =>
  ofPeers(
    among,
    input,
    async (name) => name,
    (line) => notes.push(line),
  );

test('the nearest seed takes one stroke after another, and no second set of labels is left from the first', async () => {
  const solve = named('nearest seed').open(image, keys);
  const first = await solve(two);
  const swapped = drawn(stroke(9, 10), stroke(5, 50));
  expect((await solve(swapped)).ids).toEqual(first.ids.map((id) => (id === 5 ? 9 : 5)));
  expect(await solve(two)).toEqual(first);
});

test('a peer that fails, or would take too long, is passed over with a line', async () => {
  const broken: Peer = {
    name: 'broken',
    open() {
      throw new Error('no\nmemory');
    },
  };
  const small: Peer = { ...peers[0], name: 'small', pixels: 1e3 };
  expect(await applied({ image, keys, labels: 2 }, [broken, small, peers[0]])).toEqual(['nearest seed']);
  expect(notes).toEqual([
    'broken failed: no memory',
    'small is passed over: 64 × 48 pixels; expected at most 0.001 megapixels',
  ]);
});

test('without Python, one line says so, and the nearest seed stays', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'saltworks-peers-'));
  try {
    const { names, missing } = await findPeers({ home: empty, python: join(empty, 'python'), env: process.env });
    expect(names).toEqual(['nearest seed']);
    const opened = await openPeers({
      names: [],
      python: { home: empty, python: join(empty, 'python'), env: process.env },
    });
    expect(opened.peers.map(({ name }) => name)).toEqual(['nearest seed']);
    expect(opened).toMatchObject({ missing });
    expect(opened.ended()).toBe(true);
    expect(missing).toMatch(/^no peers in Python \(.*ENOENT\); expected Python ≥ 3\.10 with pip/);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
