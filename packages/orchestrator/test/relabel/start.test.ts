/** Re-labellings on a real Temporal: one of a campaign or dataset at a time, whoever asks. Activities are stand-ins. */
import { queues } from '@saltworks/contract/messages/queues';
import type { RelabelRun } from '@saltworks/contract/messages/runs';
import { openRuns } from '@saltworks/orchestrator/runs/runs';
import { rebuildBuild, relabelSubject } from '@saltworks/orchestrator/runs/start';
import { openWorkflows } from '@saltworks/orchestrator/server';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporal } from '../temporal.ts';

const patient = { timeout: 50_000, interval: 100 };
const closing: (() => Promise<unknown>)[] = [];
let environment: TestWorkflowEnvironment;

const tally = { images: 2, done: 2, cached: 0, failed: 0 };
const gate = { open: true, reasons: [], thresholds: { worse: 0.01, changed: 0.25 } };
/** Resolves what the server's extraction waits for. */
let extracted = () => {};
let asked: unknown[] = [];
const failures: unknown[] = [];

const activities = {
  async extractKeys() {
    const waiting = new Promise<void>((resolve) => {
      extracted = resolve;
    });
    await Promise.race([waiting, Context.current().cancelled]);
    return tally;
  },
  takeSnapshot: async () => ({ snapshot: 'aa', shown: 'b'.repeat(16), dataset: 'pans', images: 2, shards: 1 }),
  planBuild: async () => ({ build: 'c'.repeat(16), images: 2 }),
  buildShard: async (request: { build: string }) => {
    asked.push(request.build);
    return tally;
  },
  compareShard: async () => tally,
  finishComparison: async () => ({ changed: 1 }),
  settleBuild: async () => ({ promoted: true, gate }),
  failRelabel: async (request: unknown) => {
    failures.push(request);
  },
  describeBuild: async () => ({ dataset: 'pans', images: 2, shards: 1, extract: [] }),
  rebuildShard: async () => ({ ...tally, differing: 1 }),
};

beforeAll(async () => {
  environment = await openTemporal();
  const { nativeConnection: connection } = environment;
  const workflows = await openWorkflows({ connection, namespace: 'default' });
  const workers = [workflows];
  for (const taskQueue of [queues.server, queues.propagate]) {
    workers.push(await Worker.create({ connection, taskQueue, activities }));
  }
  for (const worker of workers) {
    const running = worker.run();
    closing.push(async () => {
      worker.shutdown();
      await running;
    });
  }
}, 60_000);

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await environment?.teardown();
}, 30_000);

const input = (changes: Partial<RelabelRun> = {}): RelabelRun => ({
  ...{ dataset: 'pans', window: 2, subject: { kind: 'campaign', name: 'salt' } },
  ...{ extract: { backbone: 'b', layer: 9, facet: 'key' }, preset: 'best', solve: {} },
  ...{ promote: 'auto', keep: 'accepted', by: 'ann', why: 're-labelled' },
  ...changes,
});

test('the same request joins the run under way, another one is refused in a line that names it', async () => {
  const { client } = environment;
  const runs = openRuns(client);
  const first = await relabelSubject(client, input());
  expect(first.id).toBe('relabel/pans/campaign:salt');
  // Who asks, and why, makes no other request.
  const joined = await relabelSubject(client, input({ by: null, why: 'a schedule' }));
  await expect(relabelSubject(client, input({ preset: 'paper' }))).rejects.toThrow(
    /^campaign salt is being re-labelled with b-layer9, best, promote auto, since .*; expected no other one under way$/,
  );
  await expect(relabelSubject(client, input({ promote: 'hold' }))).rejects.toMatchObject({ name: 'ConflictError' });
  await expect.poll(() => first.progress(), patient).toMatchObject({ stage: 'extracting', paused: false });
  await runs.control('pans', first.id, 'pause');
  await expect.poll(() => first.progress(), patient).toMatchObject({ paused: true });
  await runs.control('pans', first.id, 'resume');
  extracted();
  const result = { ...tally, build: 'c'.repeat(16), base: 'b'.repeat(16), changed: 1, promoted: true, gate };
  expect(await Promise.all([first.result(), joined.result()])).toEqual([result, result]);
  expect(asked.sort()).toEqual(['b'.repeat(16), 'c'.repeat(16)]);
  const { done: _, cached: __, ...relabelled } = result;
  expect(await runs.find('pans', first.id)).toMatchObject({
    kind: 'relabel',
    state: 'done',
    keys: 'b-layer9',
    relabelled,
  });
  expect(await runs.list('pans')).toMatchObject([{ id: first.id, of: 'campaign:salt', relabelled }]);
  await expect(runs.find('other', first.id)).rejects.toThrow('no such run');
}, 120_000);

test('another subject is re-labelled beside it; once a run is over, any request starts a new one', async () => {
  const { client } = environment;
  asked = [];
  const first = await relabelSubject(client, input({ preset: 'paper' }));
  const waiting = extracted;
  const beside = await relabelSubject(client, input({ subject: { kind: 'dataset', name: 'pans' } }));
  await expect.poll(() => [first, beside].map(({ id }) => id)).toEqual([first.id, 'relabel/pans/dataset:pans']);
  await expect.poll(() => beside.progress(), patient).toMatchObject({ stage: 'extracting' });
  await expect.poll(() => extracted !== waiting, patient).toBe(true);
  await beside.cancel();
  await expect(beside.result()).rejects.toThrow();
  // A run that somebody ended has no reason to tell.
  await expect
    .poll(() => failures, patient)
    .toMatchObject([{ subject: { kind: 'dataset' }, build: null, reason: null }]);
  await first.cancel();
  await expect(first.result()).rejects.toThrow();
}, 120_000);

test('a rebuild counts what differs', async () => {
  const { client } = environment;
  const { subject } = input();
  const run = await rebuildBuild(client, { dataset: 'pans', window: 2, subject, build: 'c'.repeat(16) });
  expect(run.id).toBe(`rebuild/pans/campaign:salt/${'c'.repeat(16)}`);
  expect(await run.result()).toMatchObject({ ...tally, build: 'c'.repeat(16), differing: 1 });
  expect(await openRuns(client).find('pans', run.id)).toMatchObject({
    ...{ kind: 'rebuild', of: `campaign:salt/${'c'.repeat(16)}` },
    rebuilt: { build: 'c'.repeat(16), images: 2, differing: 1 },
  });
}, 60_000);
