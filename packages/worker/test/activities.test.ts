import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createActivities } from '../src/activities.ts';
import { type Engine, importFiles, openEngine, pictures, removeEngine } from './engine.ts';

const request = { dataset: 'd', shard: 0, extract: { backbone: 'stub', facet: 'key' } } as const;

let engine: Engine;
beforeEach(async () => {
  engine = openEngine();
  await importFiles(engine.store, 'd', await pictures(4));
});
afterEach(() => removeEngine(engine));

describe('an activity', () => {
  test('describes a dataset', async () => {
    const { describeDataset } = createActivities(engine);
    expect(await describeDataset({ dataset: 'd' })).toEqual({ shards: 1, images: 4 });
    await expect(describeDataset({ dataset: 'e' })).rejects.toThrow('no dataset e');
  });

  test('sends its position with heartbeats, and resumes from the last attempt’s', async () => {
    const told: unknown[] = [];
    const environment = new MockActivityEnvironment({ heartbeatDetails: { next: 3, done: 2 } });
    environment.on('heartbeat', (position) => told.push({ ...position }));
    // The last attempt stored the keys of two images, and ended before it reported the rest.
    expect(await environment.run(createActivities(engine).extractShard, request)).toMatchObject({ images: 4 });
    expect(told[0]).toEqual({ next: 0, done: 2 });
    expect(told).toHaveLength(5);
  });

  test('stops when it is cancelled', async () => {
    const environment = new MockActivityEnvironment();
    engine.keys.before = (call) => call === 2 && environment.cancel('CANCELLED');
    await expect(environment.run(createActivities(engine).extractShard, request)).rejects.toThrow('CANCELLED');
    expect(engine.keys.extracted).toBe(2);
  });
});
