import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Keys } from '@saltworks/core/keys/keys';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { afterAll, describe, expect, test } from 'vitest';
import { findPeers, openPeers } from '../../src/peers/peers.ts';

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
  const mask = (await named('nearest seed').solve(image, keys, two))!;
  expect([...mask.ids].filter((id, i) => id !== (isLeft(i) ? 5 : 9)).length).toBe(0);
});

describe.skipIf(missing)(`peers in Python${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test.each(['random walker', 'grabcut'])('the %s finds the edge of two colours', async (name) => {
    const mask = (await named(name).solve(image, keys, two))!;
    expect([mask.width, mask.height]).toEqual([width, height]);
    expect([...mask.ids].filter((id, i) => id !== (isLeft(i) ? 5 : 9)).length).toBe(0);
    expect(await named(name).solve(image, keys, two)).toEqual(mask);
  });

  test('the random walker knows any number of labels, GrabCut two', async () => {
    const three = drawn(stroke(5, 10), stroke(9, 40), stroke(2, 60));
    const mask = (await named('random walker').solve(image, keys, three))!;
    expect(new Set(mask.ids)).toEqual(new Set([2, 5, 9]));
    expect(await named('grabcut').solve(image, keys, three)).toBeUndefined();
  });
});

test('without Python, one line says so, and the nearest seed stays', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'saltworks-peers-'));
  try {
    const { names, missing } = await findPeers({ home: empty, python: join(empty, 'python'), env: process.env });
    expect(names).toEqual(['nearest seed']);
    expect(missing).toMatch(/^no peers in Python \(.*ENOENT\); expected Python ≥ 3\.10 with pip/);
  } finally {
    rmSync(empty, { recursive: true });
  }
});
