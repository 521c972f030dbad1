import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ShardActivities } from '@saltworks/contract/messages/activities';
import { extractDataset } from '@saltworks/orchestrator/runs/start';
import { openWorkflows } from '@saltworks/orchestrator/server';
import { openWorkers } from '@saltworks/worker/worker';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporal } from '../temporal.ts';

let environment: TestWorkflowEnvironment;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  environment = await openTemporal();
  const { nativeConnection: connection, namespace = 'default' } = environment;
  const server = await openWorkflows({ connection, namespace });
  const ended = server.run();
  closing.push(() => {
    server.shutdown();
    return ended;
  });
}, 120_000);
afterAll(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await environment?.teardown();
}, 60_000);

/** A worker as a process of its own is, which beats as it works on a shard of `images`. */
async function startWorker(msAnImage: number, images = 50) {
  const connection = await NativeConnection.connect({ address: environment.connection.options.address });
  const begun: { at: number; next: number; attempt: number }[] = [];
  const unused = () => Promise.reject(new InvalidInputError('not part of this test'));
  const activities: ShardActivities = {
    describeDataset: async () => ({ shards: 1, images }),
    async extractShard() {
      const { info, cancellationSignal: signal } = Context.current();
      let { next } = (info.heartbeatDetails ?? { next: 0 }) as { next: number };
      begun.push({ at: Date.now(), next, attempt: info.attempt });
      while (next < images) {
        await sleep(msAnImage, undefined, { signal });
        Context.current().heartbeat({ next: ++next });
      }
      return { images, done: images, cached: 0, failed: 0 };
    },
    propagateShard: unused,
    prepareExport: unused,
    exportShard: unused,
    finishExport: unused,
  };
  const lines: string[] = [];
  const worker = await openWorkers({
    ...{ connection, namespace: 'default', roles: ['extract', 'propagate'], activities, concurrency: {} },
    log: (line) => lines.push(line),
  });
  const ended = worker.run().then(() => connection.close());
  const close = () => {
    worker.shutdown();
    return ended;
  };
  closing.push(close);
  return { begun, lines, close };
}

const extract = { backbone: 'stub', facet: 'key' } as const;

// The only attempt that is allowed: a hand-over is no failure.
test.each([20, 1])(
  'another worker goes on at once where one was told to stop, of %i attempts',
  async (attempts) => {
    const first = await startWorker(200);
    const run = await extractDataset(environment.client, { dataset: `d${attempts}`, extract, window: 1, attempts });
    await expect.poll(() => first.begun.length, { interval: 20 }).toBe(1);
    await sleep(500);
    const second = await startWorker(1);
    const told = Date.now();
    await first.close();
    const stopped = Date.now();
    expect(await run.result()).toMatchObject({ images: 50, done: 50 });
    expect(first.lines).toEqual([`extractShard of ${run.id} is handed over`]);
    expect(second.begun).toHaveLength(1);
    const [{ at, next }] = second.begun;
    // A dead worker would be noticed after ten seconds of silence.
    expect(at - told).toBeLessThan(5_000);
    expect(stopped - told).toBeLessThan(8_000);
    // What the first one did is not done again, where the attempt goes on.
    if (attempts > 1) expect(next).toBeGreaterThan(2);
    await second.close();
  },
  60_000,
);
