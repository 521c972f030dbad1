import { expect, test } from 'vitest';
import { Newest } from '../../../src/annotate/session/newest.ts';

test('one at a time; of those that wait only the newest is started', () => {
  const started: number[] = [];
  const turn = new Newest<number>((one) => started.push(one));
  turn.offer(1);
  turn.offer(2);
  turn.offer(3);
  expect(started).toEqual([1]);
  turn.done();
  expect(started).toEqual([1, 3]);
  turn.done();
  turn.offer(4);
  expect(started).toEqual([1, 3, 4]);
});

test('what was cleared is not started any more', () => {
  const started: number[] = [];
  const turn = new Newest<number>((one) => started.push(one));
  turn.offer(1);
  turn.offer(2);
  turn.clear();
  turn.offer(3);
  turn.done();
  expect(started).toEqual([1, 3]);
});
