// `saltworks deployment …` on a Temporal of its own, with workers of two versions.
import { fileURLToPath } from 'node:url';
import { main } from '@saltworks/cli/program';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openTemporal } from '../../orchestrator/test/temporal.ts';

const patient = { timeout: 50_000, interval: 100 };
const stops: (() => Promise<void>)[] = [];
let environment: TestWorkflowEnvironment;
let workflowBundle: { code: string };

beforeAll(async () => {
  environment = await openTemporal();
  vi.stubEnv('SALTWORKS_TEMPORAL_ADDRESS', environment.address);
  const workflowsPath = fileURLToPath(new URL('../../orchestrator/test/temporal/one-activity.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}, 60_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  open();
  for (const stop of stops.reverse()) await stop();
  await environment?.teardown();
}, 60_000);

/** Runs the command. @returns its exit code and what it printed */
async function deployment(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const said = { out: [] as string[], error: [] as string[] };
  const log = vi.spyOn(console, 'log').mockImplementation((line) => void said.out.push(line));
  const error = vi.spyOn(console, 'error').mockImplementation((line) => void said.error.push(line));
  try {
    const code = await main(['deployment', ...args]);
    return { code, out: said.out.join('\n'), error: said.error.join('\n') };
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
}

const listed = async () =>
  (await deployment('ls', '--json')).out.split('\n').map((line) => JSON.parse(line)) as Record<string, unknown>[];

async function poll(buildId: string, options: Partial<WorkerOptions> & { taskQueue: string }) {
  const worker = await Worker.create({
    ...{ connection: environment.nativeConnection, namespace: 'default', ...options },
    workerDeploymentOptions: {
      version: { deploymentName: 'saltworks', buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  });
  const running = worker.run();
  const stop = async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await running;
  };
  stops.push(stop);
  return stop;
}

const server = (buildId: string) => poll(buildId, { taskQueue: 'workflows', workflowBundle });
const begin = (workflowId: string) =>
  environment.client.workflow.start('oneActivity', { taskQueue: 'workflows', workflowId, args: ['work'] });

async function buildOf(workflowId: string): Promise<string | null | undefined> {
  const { raw } = await environment.client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}

/** What activities wait for. */
let gate: Promise<void>;
let open = () => {};
const shut = () => {
  gate = new Promise((resolve) => {
    open = resolve;
  });
};
let begun = 0;
let stopFirst: () => Promise<void>;

test('a version is switched to, in steps or whole, unless it lacks a worker that the current one has', async () => {
  expect(await deployment('ls')).toMatchObject({ code: 0, out: 'no version of saltworks has run yet' });
  const unknown = await deployment('current', '1');
  expect(unknown).toMatchObject({ code: 2, out: '' });
  expect(unknown.error).toMatch(/^saltworks: version 1: .*; expected its server and workers to run$/);

  stopFirst = await server('1');
  shut();
  await poll('1', {
    taskQueue: 'work',
    maxConcurrentActivityTaskExecutions: 1,
    activities: {
      async work() {
        begun++;
        await gate;
        return 'done';
      },
    },
  });
  await expect.poll(() => deployment('current', '1'), patient).toMatchObject({ code: 0, out: 'new runs begin on 1' });
  await server('2');
  await expect.poll(listed, patient).toEqual([
    { build: '2', state: 'other', share: 0, runs: 0 },
    { build: '1', state: 'current', share: 100, runs: 0 },
  ]);

  // One works, and one waits: the queue is in use.
  const runs = [await begin('a'), await begin('b')];
  await expect.poll(() => begun, patient).toBe(1);
  for (const args of [
    ['current', '2'],
    ['ramp', '2', '10'],
  ]) {
    const refused = await deployment(...args);
    expect(refused, args.join(' ')).toMatchObject({ code: 2, out: '' });
    expect(refused.error).toMatch(/^saltworks: version 2: .*; expected its server and workers to run$/);
  }
  expect(await deployment('ramp', '2', '10', '--anyway')).toEqual({
    ...{ code: 0, error: '' },
    out: '10 % of new runs begin on 2',
  });
  await expect.poll(listed, patient).toEqual([
    { build: '2', state: 'next', share: 10, runs: 0 },
    { build: '1', state: 'current', share: 90, runs: 2 },
  ]);
  const { out } = await deployment('ls');
  expect(out).toMatch(/^version +state +new runs +runs under way\n +2 +next +10 % +0\n +1 +current +90 % +2$/);
  expect(await deployment('ramp', '2', '100')).toMatchObject({
    code: 2,
    error: 'saltworks: 100 percent; expected 0 to 99, or saltworks deployment current',
  });
  expect(await deployment('ramp', '2', '0', '--anyway')).toMatchObject({ code: 0 });
  await expect.poll(listed, patient).toContainEqual({ build: '1', state: 'current', share: 100, runs: 2 });
  open();
  expect(await Promise.all(runs.map((run) => run.result()))).toEqual(['done', 'done']);
  for (const id of ['a', 'b']) expect(await buildOf(id)).toBe('1');
}, 120_000);

test("a version's runs are moved to the current one's code, and end there once its processes are gone", async () => {
  shut();
  const run = await begin('c');
  await expect.poll(() => begun, patient).toBe(3);
  expect(await deployment('current', '2', '--anyway')).toMatchObject({ code: 0, out: 'new runs begin on 2' });
  await expect.poll(listed, patient).toEqual([
    { build: '2', state: 'current', share: 100, runs: 0 },
    { build: '1', state: 'other', share: 0, runs: 1 },
  ]);
  expect((await deployment('ls')).out).toMatch(/^ +1 +draining +0 % +1$/m);
  expect(await deployment('move', '1')).toMatchObject({ code: 0, out: '1 run goes on with the current version' });
  await expect.poll(async () => (await deployment('ls')).out, patient).toMatch(/^ +1 +drained +0 % +0$/m);
  expect(await deployment('move', '1')).toMatchObject({ code: 0, out: '0 runs go on with the current version' });
  await stopFirst();
  open();
  expect(await run.result()).toBe('done');
  expect(await buildOf('c')).toBe('2');
}, 120_000);

test('without the address of a Temporal it says that there are no versions', async () => {
  vi.stubEnv('SALTWORKS_TEMPORAL_ADDRESS', '');
  expect(await deployment('ls')).toMatchObject({
    code: 2,
    error: 'saltworks: no SALTWORKS_TEMPORAL_ADDRESS; expected host:port (an embedded stack has one version)',
  });
});
