import { expect, test } from 'vitest';
import { shareOf, throughOf } from '../src/run-state.ts';

const progress = { images: 3, done: 1, cached: 1, failed: 1, total: 4, shards: 2, shardsDone: 1, paused: false };

test('a run is through with images that are made, there, or failed', () => {
  expect(throughOf(progress)).toBe(3);
});

test('the bar of a run that is over is full, whatever images it had nothing to do with', () => {
  expect(shareOf(progress, false)).toBe(0.5);
  expect(shareOf({ ...progress, shardsDone: 2 }, false)).toBe(1);
  expect(shareOf(progress, true)).toBe(1);
  expect(shareOf({ ...progress, shards: 0, shardsDone: 0, total: 0 }, false)).toBe(0);
});
