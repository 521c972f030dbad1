import { expect, test } from 'vitest';
import { orAborted } from '../../dist/temporal/beats.js';

test('work that nobody waits for any longer may fail: no rejection is left over, which would end the process', async () => {
  const stopped = AbortSignal.abort(new Error('the server closes'));
  await expect(orAborted(Promise.reject(new Error('lost its connection')), stopped)).rejects.toBe(stopped.reason);
  const stopping = new AbortController();
  let fail = () => {};
  const work = new Promise<void>((_, reject) => {
    fail = () => reject(new Error('lost its connection'));
  });
  const waiting = orAborted(work, stopping.signal);
  stopping.abort(new Error('the server closes'));
  await expect(waiting).rejects.toThrow('the server closes');
  fail();
  // Such a rejection is reported after a turn of the event loop; Vitest fails a run that has one.
  await new Promise((turn) => setTimeout(turn, 20));
});
