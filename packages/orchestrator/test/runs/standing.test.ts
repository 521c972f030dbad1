/** Why runs stand still, on a real Temporal: no worker, and a worker that cannot. */

import type { Standing } from '@saltworks/contract/api/runs';
import type { ShardActivities } from '@saltworks/contract/messages/activities';
import { queues } from '@saltworks/contract/messages/queues';
import { extractDataset } from '@saltworks/orchestrator/runs/start';
import { openWorkflows } from '@saltworks/orchestrator/server';
import { forStore } from '@saltworks/orchestrator/temporal/store-header';
import { StoreRefusedError } from '@saltworks/store/objects/store';
import { openWorkers } from '@saltworks/worker/worker';
import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporal } from '../temporal.ts';

const patient = { timeout: 50_000, interval: 100 };
const closing: (() => Promise<unknown>)[] = [];
let environment: TestWorkflowEnvironment;

beforeAll(async () => {
  environment = await openTemporal();
}, 60_000);

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await environment?.teardown();
}, 30_000);

test('a run names the queue that nobody polls, its address and the command to start, and goes on once a worker polls', async () => {
  const { client, nativeConnection: connection } = environment;
  const run = await extractDataset(client, {
    ...{ dataset: 'pans', window: 2, attempts: 2 },
    extract: { backbone: 'b', facet: 'key' },
  });
  const result = run.result();
  result.catch(() => {});
  const { address } = environment;
  const at = (queue: string, start: string) => ({ queue, address, namespace: 'default', start });
  const none: Standing = { waiting: null, failing: null };
  expect(await run.standing()).toEqual({ ...none, waiting: at(queues.workflows, 'saltworks server') });
  // No server answers the query, and the caller does not wait.
  expect(await run.progress()).toBe(undefined);

  const workflows = await openWorkflows({ connection, namespace: 'default' });
  const running = workflows.run();
  closing.push(async () => {
    workflows.shutdown();
    await running;
  });
  const waiting = (queue: string, role: string) => ({ waiting: at(queue, `saltworks worker --roles ${role}`) });
  await expect.poll(() => run.standing(), patient).toEqual({ ...none, ...waiting(queues.propagate, 'propagate') });

  const working: (() => Promise<unknown>)[] = [];
  const work = async (taskQueue: string, activities: object) => {
    const worker = await Worker.create({ connection, taskQueue, activities });
    const run = worker.run();
    working.push(async () => {
      worker.shutdown();
      await run;
    });
  };
  await work(queues.propagate, { describeDataset: async () => ({ shards: 1, images: 3 }) });
  await expect.poll(() => run.standing(), patient).toEqual({ ...none, ...waiting(queues.extract, 'extract') });

  let attempts = 0;
  let goOn = () => {};
  const looked = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const extractShard = async () => {
    if (++attempts === 2) await looked;
    throw new Error('no pip,\nno backbone');
  };
  await work(queues.extract, { extractShard });
  const failing = { reason: 'no pip, no backbone', attempts: 1, most: 2 };
  await expect.poll(() => run.standing(), patient).toEqual({ ...none, failing });
  goOn();
  await expect(result).rejects.toThrow(/^no pip,\nno backbone \(given up, .* goes on where it stopped\)$/);
  for (const stop of working) await stop();
}, 120_000);

test('a worker of another store, or refused by its own, leaves its work to others', async () => {
  const { client: plain, address } = environment;
  const client = new Client({ connection: plain.connection, interceptors: { workflow: [forStore('ours')] } });
  const logged: string[] = [];
  const tally = { images: 1, done: 1, cached: 0, failed: 0 };
  const shards = new Set<number>();
  const worker = async (store: string, extractShard: ShardActivities['extractShard']) => {
    const connection = await NativeConnection.connect({ address });
    const activities = { describeDataset: async () => ({ shards: 3, images: 3 }), extractShard };
    const workers = await openWorkers({
      ...{ connection, namespace: 'default', roles: ['extract', 'propagate'], concurrency: {}, activities },
      ...{ store, log: (message: string) => logged.push(message) },
    });
    const running = workers.run();
    closing.push(async () => {
      workers.shutdown();
      await running;
      await connection.close();
    });
  };
  const run = await extractDataset(client, {
    ...{ dataset: 'pots', window: 1 },
    extract: { backbone: 'b', facet: 'key' },
  });
  const failed = async (text: string) =>
    expect.poll(() => logged.some((line) => line.includes(text)), { ...patient, message: text }).toBe(true);
  await worker('theirs', async () => tally);
  await failed("describeDataset of extract/pots/b failed, attempt 1: this worker's store is theirs, the run's is ours");
  await failed('saltworks-propagate is left to others for 1 s');
  let refusals = 0;
  await worker('ours', async ({ shard }) => {
    if (refusals++ === 0) throw new StoreRefusedError('s3://salt refused reading: AccessDenied (403)');
    shards.add(shard);
    return tally;
  });
  await expect(run.result()).resolves.toMatchObject({ images: 3, done: 3 });
  expect([...shards].sort()).toEqual([0, 1, 2]);
  await failed('extractShard of extract/pots/b failed, attempt');
}, 120_000);
