import { expect, test } from 'vitest';
import { Newest } from '../../../src/annotate/session/newest.ts';

test('one item runs at a time, and only the newest waiting item starts next', () => {
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

test('a cleared item never starts', () => {
  const started: number[] = [];
  const turn = new Newest<number>((one) => started.push(one));
  turn.offer(1);
  turn.offer(2);
  turn.clear();
  turn.offer(3);
  turn.done();
  expect(started).toEqual([1, 3]);
});
