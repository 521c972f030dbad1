import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ShardActivities, Tally } from '@saltworks/contract/messages/activities';
import { extractDataset, propagateDataset, type Run } from '@saltworks/orchestrator/runs/start';
import { openWorkflows } from '@saltworks/orchestrator/server';
import { openWorkers } from '@saltworks/worker/worker';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTemporal } from '../packages/orchestrator/test/temporal.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const extract = { backbone: 'stub', facet: 'key' } as const;

/** The work of the activities on a dataset's shards, and its outcome. */
interface Shards {
  count: number;
  work(shard: number, attempt: number): Promise<void>;
  attempts: Map<number, number>;
  done: number[];
  underWay: number;
  most: number;
}

/** The datasets of these tests by name. One server and one worker serve them all. */
const datasets = new Map<string, Shards>();

function dataset(name: string, count: number, work: Shards['work'] = async () => {}): Shards {
  const shards = { count, work, attempts: new Map(), done: [], underWay: 0, most: 0 };
  datasets.set(name, shards);
  return shards;
}

/** Each shard has three images: one cached, one done, and one that fails in every second shard and is done in the others. */
async function doShard({ dataset, shard }: { dataset: string; shard: number }): Promise<Tally> {
  const shards = datasets.get(dataset)!;
  shards.most = Math.max(shards.most, ++shards.underWay);
  const attempt = (shards.attempts.get(shard) ?? 0) + 1;
  shards.attempts.set(shard, attempt);
  try {
    await shards.work(shard, attempt);
  } finally {
    shards.underWay--;
  }
  shards.done.push(shard);
  return { images: 3, done: 1 + (shard % 2), cached: 1, failed: 1 - (shard % 2) };
}

const tallyOf = (count: number): Tally => ({
  images: 3 * count,
  done: count + Math.floor(count / 2),
  cached: count,
  failed: Math.ceil(count / 2),
});

const unused = () => Promise.reject(new InvalidInputError('not part of these tests'));
const activities: ShardActivities = {
  async describeDataset({ dataset: name }) {
    const found = datasets.get(name);
    if (!found) throw new InvalidInputError(`no dataset ${name}`);
    return { shards: found.count, images: 3 * found.count };
  },
  extractShard: doShard,
  propagateShard: doShard,
  prepareExport: unused,
  exportShard: unused,
  finishExport: unused,
};

/** A server or worker that runs until it is closed. */
async function running({ run, shutdown }: { run(): Promise<void>; shutdown(): void }) {
  const ended = run();
  return async () => {
    shutdown();
    await ended;
  };
}

let environment: TestWorkflowEnvironment;
let closeServer = async () => {};
let closeWorker = async () => {};

async function startServer() {
  const { nativeConnection: connection, namespace = 'default' } = environment;
  closeServer = await running(await openWorkflows({ connection, namespace }));
}

async function startWorker() {
  const { nativeConnection: connection, namespace = 'default' } = environment;
  const concurrency = { extract: 50, propagate: 50 };
  const roles = ['extract', 'propagate'] as const;
  closeWorker = await running(await openWorkers({ connection, namespace, roles, activities, concurrency }));
}

beforeAll(async () => {
  environment = await openTemporal();
  await Promise.all([startServer(), startWorker()]);
}, 120_000);

afterAll(async () => {
  await closeWorker();
  await closeServer();
  await environment?.teardown();
}, 60_000);

const start = (name: string, window: number): Promise<Run> =>
  extractDataset(environment.client, { dataset: name, extract, window });

const once = (count: number) => Array.from({ length: count }, (_, i) => i);
const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b);
/** Other tests share the machine. */
const patient = { timeout: 50_000, interval: 20 };
const until = (holds: () => boolean) => expect.poll(holds, patient).toBe(true);

/** Makes work wait until it is opened. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('a run over a dataset', () => {
  test('does every shard exactly once, never more than its window at a time, and adds up their tallies', async () => {
    const { open, opened } = gate();
    const shards = dataset('whole', 60, (shard) => (shard < 5 ? opened : sleep(5)));
    const run = await start('whole', 5);
    await until(() => shards.underWay === 5);
    open();
    expect(await run.result()).toEqual(tallyOf(60));
    expect(sorted(shards.done)).toEqual(once(60));
    expect(shards.most).toBe(5);
  });

  test('of masks does so, too', async () => {
    const shards = dataset('masks', 7);
    const run = await propagateDataset(environment.client, 'abc', {
      ...{ dataset: 'masks', extract, preset: 'best', solve: {}, window: 2 },
    });
    expect(await run.result()).toEqual(tallyOf(7));
    expect(sorted(shards.done)).toEqual(once(7));
  });

  test('without shards ends at once; without a dataset it is refused', async () => {
    dataset('empty', 0);
    expect(await (await start('empty', 5)).result()).toEqual(tallyOf(0));
    const refused = (await start('nowhere', 5)).result();
    await expect(refused).rejects.toThrow(new InvalidInputError('no dataset nowhere'));
  });

  test('reports its progress', async () => {
    const { open, opened } = gate();
    dataset('progress', 10, (shard) => (shard < 4 ? Promise.resolve() : opened));
    const run = await start('progress', 3);
    await expect.poll(() => run.progress(), patient).toMatchObject({ shardsDone: 4 });
    expect(await run.progress()).toEqual({ ...tallyOf(4), total: 30, shards: 10, shardsDone: 4, paused: false });
    open();
    await run.result();
    expect(await run.progress()).toEqual({ ...tallyOf(10), total: 30, shards: 10, shardsDone: 10, paused: false });
  });

  test('that is under way is joined instead of started again', async () => {
    const { open, opened } = gate();
    const shards = dataset('joined', 6, () => opened);
    const runs = [await start('joined', 3), await start('joined', 3)];
    await until(() => shards.underWay === 3);
    open();
    expect(await Promise.all(runs.map((run) => run.result()))).toEqual([tallyOf(6), tallyOf(6)]);
    expect(sorted(shards.done)).toEqual(once(6));
  });

  test('that is paused finishes the shards under way, starts no others, and resumes', async () => {
    const { open, opened } = gate();
    const shards = dataset('paused', 30, (shard) => (shard < 4 ? Promise.resolve() : opened));
    const run = await start('paused', 3);
    await until(() => shards.done.length === 4 && shards.underWay === 3);
    await run.pause();
    await expect.poll(() => run.progress(), patient).toMatchObject({ paused: true });
    open();
    // Activities that were scheduled before are finished, even those that no worker had taken.
    const underWay = async () => (await environment.client.workflow.getHandle(run.id).describe()).raw.pendingActivities;
    await expect.poll(underWay, patient).toHaveLength(0);
    const { length } = shards.done;
    await sleep(700);
    expect(shards.done).toHaveLength(length);
    expect(length).toBeLessThan(30);
    await expect.poll(() => run.progress(), patient).toMatchObject({ paused: true, shardsDone: length });

    await run.resume();
    expect(await run.result()).toEqual(tallyOf(30));
    expect(sorted(shards.done)).toEqual(once(30));
  });

  test('stops when cancelled and starts no further shard', async () => {
    const { open, opened } = gate();
    const shards = dataset('cancelled', 200, (shard) => (shard < 3 ? Promise.resolve() : opened));
    const run = await start('cancelled', 3);
    await until(() => shards.done.length === 3 && shards.underWay === 3);
    await run.cancel();
    open();
    await expect(run.result()).rejects.toThrow(/cancel/i);
    await until(() => shards.underWay === 0);
    const { length } = shards.done;
    await sleep(300);
    // A worker may have taken the shards of the window just then.
    expect(shards.done.length).toBeLessThanOrEqual(length + 3);
    expect(length).toBeLessThan(200);
    // It can be run again.
    shards.work = async () => {};
    expect(await (await start('cancelled', 20)).result()).toEqual(tallyOf(200));
  });
});

describe('a shard that fails', () => {
  test('for a transient reason is tried again', async () => {
    const shards = dataset('flaky', 6, async (shard, attempt) => {
      if (shard === 2 && attempt === 1) throw new Error('connection reset');
    });
    expect(await (await start('flaky', 3)).result()).toEqual(tallyOf(6));
    expect(shards.attempts.get(2)).toBe(2);
    expect(sorted(shards.done)).toEqual(once(6));
  });

  test('for a lasting reason fails the run at once, whatever else is under way', async () => {
    const [hanging, end] = [gate(), gate()];
    const shards = dataset('refused', 40, async (shard) => {
      if (shard === 1) {
        await hanging.opened;
        throw new InvalidInputError('layer 40; expected 0 to 11');
      }
      if (shard === 2) {
        hanging.open();
        await end.opened;
      }
    });
    const run = await start('refused', 4);
    const failure = await run.result().catch((error) => error);
    expect(failure).toBeInstanceOf(InvalidInputError);
    expect(failure.message).toBe('layer 40; expected 0 to 11');
    expect(shards.attempts.get(1)).toBe(1);
    expect(shards.done).not.toContain(2);
    end.open();
  });

  test('for a defect fails the run at once', async () => {
    const shards = dataset('defect', 3, async (shard) => {
      if (shard === 1) throw new TypeError("Cannot read properties of undefined (reading 'name')");
    });
    await expect((await start('defect', 3)).result()).rejects.toThrow("of undefined (reading 'name')");
    expect(shards.attempts.get(1)).toBe(1);
  });

  test('because it is missing fails the run', async () => {
    // The run knows failures by the name of their class.
    class ObjectMissingError extends Error {}
    dataset('gone', 3, async (shard) => {
      if (shard === 1) throw new ObjectMissingError('no object datasets/gone/images/000000001.jsonl');
    });
    await expect((await start('gone', 2)).result()).rejects.toThrow('no object datasets/gone/images/000000001.jsonl');
  });
});

test('a run survives the replacement of its server and of its worker', async () => {
  const shards = dataset('restarted', 40, () => sleep(40));
  const run = await start('restarted', 3);
  await until(() => shards.done.length >= 8);
  await closeServer();
  await startServer();
  await until(() => shards.done.length >= 16);
  await closeWorker();
  await startWorker();
  expect(await run.result()).toEqual(tallyOf(40));
  expect(sorted(shards.done)).toEqual(once(40));
}, 180_000);

test('a long run continues as new: histories stay short, and no shard is lost or done twice', async () => {
  const shards = dataset('long', 2100);
  const run = await start('long', 40);
  await until(() => shards.done.length >= 900);
  await run.pause();
  await expect.poll(() => run.progress(), patient).toMatchObject({ paused: true });
  await run.resume();
  expect(await run.result()).toEqual(tallyOf(2100));
  expect(sorted(shards.done)).toEqual(once(2100));
  expect(shards.most).toBeLessThanOrEqual(40);
  expect(await run.progress()).toMatchObject({ shards: 2100, shardsDone: 2100, total: 6300 });

  const parts = async () => {
    const found: { status: string; historyLength: number }[] = [];
    for await (const part of environment.client.workflow.list({ query: `WorkflowId = '${run.id}'` })) {
      found.push({ status: part.status.name, historyLength: part.historyLength ?? 0 });
    }
    return found;
  };
  // Listings lag behind.
  const done = { timeout: 50_000, interval: 200 };
  await expect.poll(async () => (await parts()).filter(({ status }) => status !== 'RUNNING'), done).toHaveLength(3);
  for (const { historyLength } of await parts()) expect(historyLength).toBeLessThan(10_240);
}, 180_000);

describe('workflow files', () => {
  test('bundle into all workflows, without the schemas of messages', async () => {
    const dist = join(root, 'packages/orchestrator/dist');
    const workflowsPath = join(dist, 'workflows/all.js');
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    const built = readFileSync(join(dist, 'workflow-bundle.js'), 'utf8');
    const names = Object.keys(await import(workflowsPath));
    expect(names).toHaveLength(20);
    for (const bundle of [code, built]) {
      for (const name of names) expect(bundle).toContain(`${name}: () =>`);
      expect(bundle).not.toContain('node_modules/zod');
    }
  });
});
