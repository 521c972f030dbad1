import { setEnvironmentData } from 'node:worker_threads';
import { encodePng } from '@saltworks/backbone/image/decode';
import { ThreadError } from '@saltworks/backbone/threads/threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { presets } from '@saltworks/core/options';
import { rasterise, seedNodes } from '@saltworks/core/seeds/seeds';
import { openSessionThreads, type SessionSource } from '@saltworks/worker/session-threads';
import { describe, expect, test } from 'vitest';
import { openSession, Sessions } from '../src/sessions.ts';

const [h, w, d] = [16, 20, 32];
const [width, height] = [10 * w, 10 * h];

const keysOf = (shade: number) => ({
  ...{ h, w, d },
  data: Float32Array.from({ length: h * w * d }, (_, i) => Math.sin(i * (1 + shade)) + (i % w < w / 2 ? 1 : -1)),
});
const imageOf = (shade: number) => ({
  ...{ width, height },
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * (7 + shade)) % 251),
});
const drawing = {
  version: 1,
  image: { width, height },
  segments: [{ id: 3, category: 'thing', isthing: true }],
  strokes: [
    { segment: 3, points: [[20, 20]] as [number, number][], radius: 8 },
    { segment: 0, points: [[170, 130]] as [number, number][], radius: 8 },
  ],
};
const scribbles = new TextEncoder().encode(JSON.stringify(drawing));
const options = presets.best;

describe('sessions', () => {
  test('hold the last used images within their limit of bytes, once no job is running', () => {
    const solve = (session: ReturnType<typeof openSession>) =>
      session.solver.refine(session.solver.solve(seedNodes(rasterise(drawing), 2 * h, 2 * w)));
    const first = openSession(imageOf(0), keysOf(0), options);
    const before = first.bytes();
    solve(first);
    const one = first.bytes();
    // It grew with what was asked of it, and is counted anew.
    expect(one).toBeGreaterThan(before);
    expect(one).toBeGreaterThan(3 * width * height + 4 * h * w * d);

    const sessions = new Sessions(3.5 * one);
    for (let i = 0; i < 30; i++) {
      sessions.add(String(i), openSession(imageOf(i), keysOf(i), options));
      solve(sessions.get(String(i))!);
      // Asked for between all others: it is never the one to go.
      expect(i === 0 || sessions.get('0') !== undefined).toBe(true);
      sessions.shrink();
      expect(sessions.bytes).toBeLessThanOrEqual(3.5 * one);
    }
    expect(sessions.size).toBe(3);
    expect(['0', '28', '29'].map((name) => sessions.get(name) !== undefined)).toEqual([true, true, true]);
    expect(sessions.get('27')).toBeUndefined();
  });

  test('keep the last image, however large', () => {
    const sessions = new Sessions(1);
    for (const name of ['a', 'b']) {
      sessions.add(name, openSession(imageOf(0), keysOf(0), options));
      sessions.shrink();
    }
    expect(sessions.size).toBe(1);
    expect(sessions.get('b')).toBeDefined();
  });
});

/** An image of its own, and how often it was read. */
async function source(shade: number) {
  const image = await encodePng(imageOf(shade).data, { width, height, channels: 3 });
  const origin = { backbone: 'stub', layer: 0, facet: 'key', image: { width, height }, imageSha256: '0' } as const;
  const keys = encodeKeys(keysOf(shade), origin);
  const found = {
    reads: 0,
    name: `${shade.toString(16).padStart(8, '0')}/r`,
    async read() {
      found.reads++;
      return { image: image.slice(), keys: keys.slice(), options, maxPixels: 1e6 };
    },
  } satisfies SessionSource & { reads: number };
  return found;
}

const label = (n: number) => ({ kind: 'labels', n, scribbles }) as const;
const turn = (topic?: string, n?: number) => ({ rank: 0, topic, n });

describe('session threads', () => {
  test('open an image once, and again after others took its place', async () => {
    const threads = openSessionThreads({ threads: 2, bytes: 4 * 40e6 });
    const sources = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((shade) => source(shade)));
    const answers = [];
    for (const each of [...sources, sources[7], sources[6]]) answers.push(await threads.run(each, label(1), turn()));
    expect(sources.map(({ reads }) => reads)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
    for (let round = 0; round < 3; round++) for (const each of sources) await threads.run(each, label(1), turn());
    expect(await threads.run(sources[0], label(1), turn())).toMatchObject({ labels: answers[0].labels });
    await threads.close();

    const few = openSessionThreads({ bytes: 1 });
    await few.run(sources[0], label(1), turn());
    await few.run(sources[1], label(1), turn());
    const { reads } = sources[0];
    expect(await few.run(sources[0], label(1), turn())).toMatchObject({ labels: answers[0].labels });
    expect(sources[0].reads).toBe(reads + 1);
    await few.close();
  });

  test('release memory: a hundred images take no more than the first few', async () => {
    const threads = openSessionThreads({ bytes: 60e6 });
    const { read } = await source(0);
    const names = { image: 'a.png', sha256: '0', mask: 'm.png' };
    const rssAfter = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const name = `${i.toString(16).padStart(8, '0')}/r`;
        await threads.run({ name, read }, { kind: 'mask', scribbles, names }, turn());
      }
      return process.memoryUsage().rss;
    };
    const before = await rssAfter(0, 20);
    // Were they kept, eighty more would take half a gigabyte.
    expect((await rssAfter(20, 100)) - before).toBeLessThan(100e6);
    await threads.close();
  }, 120_000);

  test('answer requests that wait on one drawing with its newest state, in the turn of the first', async () => {
    const threads = openSessionThreads();
    const image = await source(1);
    const order: string[] = [];
    const ask = async (topic: string, n: number) => {
      const answer = await threads.run(image, label(n), turn(topic, n));
      order.push(`${topic}${answer.n}`);
      return answer.n;
    };
    // The first is begun with at once.
    const asked = [ask('a', 1), ask('a', 2), ask('b', 1), ask('a', 4), ask('a', 3)];
    expect(await Promise.all(asked)).toEqual([1, 4, 1, 4, 4]);
    expect(order.indexOf('a4')).toBeLessThan(order.indexOf('b1'));
    await threads.close();
  });

  test('do urgent work first', async () => {
    const threads = openSessionThreads();
    const image = await source(1);
    const order: string[] = [];
    const ask = (name: string, rank: number) =>
      threads.run(image, { kind: 'size' }, { rank }).then(() => order.push(name));
    await Promise.all([ask('first', 2), ask('warm', 2), ask('mask', 1), ask('labels', 0)]);
    expect(order).toEqual(['first', 'labels', 'mask', 'warm']);
    await threads.close();
  });

  test('fail one image alone if it cannot be read, opened or solved', async () => {
    const threads = openSessionThreads();
    const image = await source(2);
    const bad = { name: 'ffff/r', read: async () => ({ ...(await image.read()), image: new Uint8Array(3) }) };
    await expect(threads.run(bad, label(1), turn())).rejects.toThrow(InvalidInputError);
    const none = { name: 'fffe/r', read: () => Promise.reject(new InvalidInputError('no keys')) };
    await expect(threads.run(none, label(1), turn())).rejects.toThrow(new InvalidInputError('no keys'));
    const empty = { kind: 'labels', n: 1, scribbles: new Uint8Array(0) } as const;
    await expect(threads.run(image, empty, turn())).rejects.toThrow(InvalidInputError);
    expect(await threads.run(image, label(1), turn())).toMatchObject({ n: 1 });
    await threads.close();
  });

  test('that die lose their images, which open again', async () => {
    const file = new URL('./unreliable-session.worker.mjs', import.meta.url);
    const left = new Int32Array(new SharedArrayBuffer(4));
    setEnvironmentData('jobs until death', left);
    const threads = openSessionThreads({ file });
    const image = await source(3);
    const expected = await threads.run(image, label(1), turn());
    Atomics.store(left, 0, 1);
    expect(await threads.run(image, label(1), turn())).toMatchObject({ labels: expected.labels });
    expect(image.reads).toBe(2);
    // Twice: the job's own fault.
    Atomics.store(left, 0, 2);
    await expect(threads.run(image, label(1), turn())).rejects.toThrow(ThreadError);
    expect(await threads.run(image, label(1), turn())).toMatchObject({ labels: expected.labels });
    await threads.close();
  });

  test('are at least one', () => {
    for (const threads of [0, 1.5, Number.NaN])
      expect(() => openSessionThreads({ threads })).toThrow(InvalidInputError);
  });
});
