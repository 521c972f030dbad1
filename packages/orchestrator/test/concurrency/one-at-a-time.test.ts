import { setTimeout as sleep } from 'node:timers/promises';
import { oneAtATime } from '@saltworks/orchestrator/concurrency/one-at-a-time';
import { expect, test } from 'vitest';

test('a topic has one piece of work at a time, and one more for all requests that came meanwhile', async () => {
  const seen: string[] = [];
  let [at, most] = [0, 0];
  const work = oneAtATime(async (topic, again) => {
    most = Math.max(most, ++at);
    await sleep(5);
    seen.push(`${topic} ${again()}`);
    at--;
  });
  const first = work.run('a');
  expect(work.busy('a')).toBe(true);
  expect(work.busy('b')).toBe(false);
  await Promise.all([first, work.run('a'), work.run('a')]);
  expect(seen).toEqual(['a true', 'a false']);
  expect(most).toBe(1);
  expect(work.busy('a')).toBe(false);
});

test('topics do not wait for each other', async () => {
  let begun = 0;
  const work = oneAtATime(async () => {
    begun++;
    while (begun < 2) await sleep(1);
  });
  await Promise.all([work.run('a'), work.run('b')]);
});

test('a failure reaches all callers, and is forgotten', async () => {
  let tries = 0;
  const work = oneAtATime(async () => {
    await sleep(1);
    if (++tries === 1) throw new Error('once');
  });
  const asked = [work.run('a'), work.run('a')];
  expect(await Promise.allSettled(asked)).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  await work.run('a');
  expect(tries).toBe(2);
  await work.settled();
});

test('a request from within the work is not forgotten', async () => {
  let left = 100;
  const work = oneAtATime(async (topic) => {
    if (--left > 0) void work.run(topic);
  });
  await work.run('a');
  expect(left).toBe(0);
});
