/** What KEDA's Temporal scaler sees of queues, asked as it asks: the triggers of infra/helm rest on these facts. */
import { fileURLToPath } from 'node:url';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTemporal } from '../temporal.ts';

const ACTIVITY = 2;
const namespace = 'default';
const deploymentName = 'saltworks';
let environment: TestWorkflowEnvironment;
let workflowBundle: { code: string };
const running: (() => Promise<void>)[] = [];

beforeAll(async () => {
  environment = await openTemporal();
  const workflowsPath = fileURLToPath(new URL('one-activity.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
}, 60_000);

afterAll(async () => {
  for (const stop of running.reverse()) await stop();
  await environment.teardown();
});

async function open(options: Partial<WorkerOptions> & { taskQueue: string }): Promise<() => Promise<void>> {
  const worker = await Worker.create({ connection: environment.nativeConnection, namespace, ...options });
  const run = worker.run();
  const stop = async () => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
    await run;
  };
  running.push(stop);
  return stop;
}

const server = (buildId: string) =>
  open({
    taskQueue: 'workflows',
    workflowBundle,
    workerDeploymentOptions: {
      version: { deploymentName, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  });

const begin = (queue: string, workflowId: string) =>
  environment.client.workflow.start('oneActivity', { taskQueue: 'workflows', workflowId, args: [queue] });

/** As KEDA asks about a queue, no worker deployment named. */
async function backlog(queue: string): Promise<number> {
  const { stats } = await environment.connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: queue, kind: 1 },
    taskQueueType: ACTIVITY,
    reportStats: true,
  });
  return Number(stats?.approximateBacklogCount ?? 0);
}

/** As KEDA asks about a queue of one version of a worker deployment. */
async function backlogOfVersion(queue: string, buildId: string): Promise<number> {
  const { versionTaskQueues } = await environment.connection.workflowService.describeWorkerDeploymentVersion({
    namespace,
    deploymentVersion: { deploymentName, buildId },
    reportTaskQueueStats: true,
  });
  const found = versionTaskQueues?.find(({ name, type }) => name === queue && type === ACTIVITY);
  return Number(found?.stats?.approximateBacklogCount ?? 0);
}

const becomesCurrent = (buildId: string) =>
  expect
    .poll(() =>
      environment.connection.workflowService
        .setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId, ignoreMissingTaskQueues: true })
        .then(
          () => true,
          () => false,
        ),
    )
    .toBe(true);

test('a pool at zero sees work of any version of the server; its backlog leaves out what runs', async () => {
  await server('1');
  await becomesCurrent('1');
  const first = await begin('extract', 'first');
  await expect.poll(() => backlog('extract')).toBe(1);
  // No worker has polled the queue, so the version does not have it: a trigger that names the version would stay at zero.
  expect(await backlogOfVersion('extract', '1')).toBe(0);

  await server('2');
  await becomesCurrent('2');
  const second = await begin('extract', 'second');
  await expect.poll(() => backlog('extract')).toBe(2);

  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = 0;
  await open({
    taskQueue: 'extract',
    activities: {
      async work() {
        begun += 1;
        await ended;
        return 'done';
      },
    },
  });
  await expect.poll(() => begun).toBe(2);
  // Both are under way, and nothing waits: by backlog alone the pool would be made smaller now.
  await expect.poll(() => backlog('extract')).toBe(0);
  end();
  // A worker without a version did the work of both.
  expect(await Promise.all([first.result(), second.result()])).toEqual(['done', 'done']);
});
