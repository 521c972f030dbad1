import { repeat } from '@saltworks/orchestrator/concurrency/repeat';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('work is done at once, then after every pause, or when asked for, until it is stopped', async () => {
  const work = vi.fn(async () => {});
  const repeated = repeat(1_000, work, () => {});
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(work).toHaveBeenCalledTimes(3);
  repeated.now();
  expect(work).toHaveBeenCalledTimes(4);
  repeated.stop();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(work).toHaveBeenCalledTimes(4);
});

test('a failure is logged once while it lasts, and again after a success', async () => {
  const messages = ['gone', 'gone', undefined, 'gone', 'refused'];
  const work = async () => {
    const message = messages.shift();
    if (message !== undefined) throw new Error(message);
  };
  const log = vi.fn();
  const { stop } = repeat(1_000, work, log);
  await vi.advanceTimersByTimeAsync(4_500);
  stop();
  expect(log.mock.calls).toEqual([['gone'], ['gone'], ['refused']]);
});
