import { setTimeout as sleep } from 'node:timers/promises';
import { slots } from '@saltworks/orchestrator/concurrency/slots';
import { expect, test } from 'vitest';

test('at most the given number of calls are under way, started in order, even if some fail', async () => {
  const slot = slots(3);
  const begun: number[] = [];
  let [at, most] = [0, 0];
  const work = (i: number) => async () => {
    begun.push(i);
    most = Math.max(most, ++at);
    await sleep(i % 4);
    at--;
    if (i % 5 === 0) throw new Error('one of five');
    return i;
  };
  const all = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => slot(work(i))));
  expect(most).toBe(3);
  expect(begun).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(10);
  expect(await slot(work(1))).toBe(1);
});
