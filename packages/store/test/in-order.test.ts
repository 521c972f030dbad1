import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { inOrder } from '../src/in-order.ts';
import { collect, random } from './bytes.ts';

const numbers = Array.from({ length: 50 }, (_, i) => i);

describe.each([1, 2, 7, 100])('with %i at a time', (concurrency) => {
  test('results come in the order of the input, and no more calls run at once', async () => {
    const next = random(concurrency);
    let [underWay, most] = [0, 0];
    const results = await collect(
      inOrder(numbers, concurrency, async (i) => {
        most = Math.max(most, ++underWay);
        await sleep(next() * 4);
        underWay--;
        return i * i;
      }),
    );
    expect(results).toEqual(numbers.map((i) => i * i));
    expect(most).toBe(Math.min(concurrency, numbers.length));
  });
});

test('the number of calls at once may grow', async () => {
  let [allowed, underWay, most] = [1, 0, 0];
  const work = async (i: number) => {
    if (i === 10) allowed = 5;
    most = Math.max(most, ++underWay);
    expect(underWay).toBeLessThanOrEqual(allowed);
    await sleep(1);
    underWay--;
    return i;
  };
  expect(await collect(inOrder(numbers, () => allowed, work))).toEqual(numbers);
  expect(most).toBe(5);
});

test('an error surfaces in its turn, after the results before it', async () => {
  const seen: number[] = [];
  const running = async () => {
    for await (const i of inOrder(numbers, 4, async (i) => {
      if (i === 5) throw new Error('five');
      await sleep(2);
      return i;
    })) {
      seen.push(i);
    }
  };
  await expect(running()).rejects.toThrow('five');
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});

test('an error of the source surfaces once all running calls have settled', async () => {
  let settled = 0;
  async function* failing() {
    yield* [1, 2];
    throw new Error('source');
  }
  const all = collect(
    inOrder(failing(), 8, async () => {
      await sleep(10);
      settled++;
    }),
  );
  await expect(all).rejects.toThrow('source');
  expect(settled).toBe(2);
});

test('stopping early settles running calls and closes the source', async () => {
  let [started, settled, closed] = [0, 0, false];
  function* source() {
    try {
      yield* numbers;
    } finally {
      closed = true;
    }
  }
  for await (const i of inOrder(source(), 4, async (i) => {
    started++;
    await sleep(5);
    settled++;
    // A failure that is never reached is no unhandled rejection.
    if (i > 2) throw new Error('unseen');
    return i;
  })) {
    if (i === 1) break;
  }
  expect({ started, settled, closed }).toEqual({ started: 5, settled: 5, closed: true });
});

test('no items give no results', async () => {
  expect(await collect(inOrder([], 4, async (x) => x))).toEqual([]);
});
