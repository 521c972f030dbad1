/** Why runs do not get on, with Temporal as it is: nobody there, and somebody who cannot. */
import { queues } from '@saltworks/core/contract/queues';
import type { Standing } from '@saltworks/core/contract/runs';
import { extractDataset } from '@saltworks/orchestrator/client';
import { openWorkflows } from '@saltworks/orchestrator/server';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporal } from './temporal.ts';

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

test('a run says which queue nobody polls, where, and what to start, and goes on once somebody does', async () => {
  const { client, nativeConnection: connection } = environment;
  const run = await extractDataset(client, 'keys', {
    ...{ dataset: 'pans', window: 2, attempts: 2 },
    extract: { backbone: 'b', facet: 'key' },
  });
  const result = run.result();
  result.catch(() => {});
  const { address } = environment;
  const at = (queue: string, start: string) => ({ queue, address, namespace: 'default', start });
  const none: Standing = { waiting: null, failing: null };
  expect(await run.standing()).toEqual({ ...none, waiting: at(queues.workflows, 'saltworks server') });
  // Nobody is there to say it, and nobody waits for that.
  expect(await run.progress()).toBe(undefined);

  const workflows = await openWorkflows({ connection, namespace: 'default' });
  const running = workflows.run();
  closing.push(async () => {
    workflows.shutdown();
    await running;
  });
  const waiting = (queue: string, role: string) => ({ waiting: at(queue, `saltworks worker --roles ${role}`) });
  await expect.poll(() => run.standing(), patient).toEqual({ ...none, ...waiting(queues.propagate, 'propagate') });

  const work = async (taskQueue: string, activities: object) => {
    const worker = await Worker.create({ connection, taskQueue, activities });
    const working = worker.run();
    closing.push(async () => {
      worker.shutdown();
      await working;
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
}, 120_000);
