// The topology of a cluster, with people drawing, while each process in turn is killed, told to stop, and replaced by the next
// version. Nothing is lost, nobody waits for ever, and the masks are those of one machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { maskKey } from '@saltworks/contract/layout';
import { replay } from '@saltworks/core/drawing/replay';
import { scribblesOf } from '@saltworks/core/drawing/scribbles-of';
import { operatorToken } from '@saltworks/orchestrator/api/operator';
import { extractDataset } from '@saltworks/orchestrator/runs/start';
import { forStore } from '@saltworks/orchestrator/temporal/store-header';
import { storeIdentity } from '@saltworks/store/objects/identity';
import { openStore } from '@saltworks/store/objects/open';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { naming, openAnnotator, openApi, patiently, strokeAt } from '../bench/annotators.mjs';
import { openAccount } from '../bench/stack.mjs';
import { findPostgres } from '../packages/orchestrator/test/postgres.ts';
import { findS3 } from '../packages/store/test/objects/server.ts';
import { type Cluster, type Member, openCluster } from './cluster.ts';
import { root, saltworks } from './saltworks.ts';
import { leaksIn } from './secrets.ts';

type Work = NonNullable<Awaited<ReturnType<ReturnType<typeof openAnnotator>['take']>>>;

const annotators = 3;
/** Milliseconds within which anything must have happened. */
const patience = 150_000;
/** Nothing waits longer, however busy the machine: workflows ask for two minutes. */
const longest = 150_000;
const categories = [{ id: 1, name: 'thing', colour: '#ff8800', isthing: true }];

const here = findPostgres() !== undefined && findS3() !== undefined;
let cluster: Cluster;
let servers: Member[];
let workers: Member[];
let works: Work[];
let client: Client;
const keys: string[] = [];
/** Longest waits for a stroke's acknowledgement and for its labels, milliseconds, by what happened meanwhile. */
const waits: Record<string, { acknowledged: number; labelled: number }> = {};

const admin = (method: string, path: string, body?: unknown) =>
  openApi(cluster.proxy.url, operatorToken(cluster.secrets.SALTWORKS_SECRET))(method, path, body);

async function started(role: 'server' | 'worker', build: string, count: number): Promise<Member[]> {
  const members = await Promise.all(Array.from({ length: count }, () => cluster.start(role, build)));
  await Promise.all(members.map((member) => member.ready()));
  return members;
}

/** Before the tests, where there is no `expect.poll`. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + patience; !(await holds()); await sleep(200)) {
    if (Date.now() > end) throw new Error(`not within ${patience / 1000} s: ${holds}`);
  }
}

beforeAll(async () => {
  if (!here) return;
  cluster = await openCluster();
  servers = await started('server', 'v1', 2);
  workers = await started('worker', 'v1', 2);
  await until(() => cluster.proxy.ready().length === 2);
  await cluster.run('dataset', 'import', join(root, 'examples/images'), '--name', 'pans');
  await admin('POST', '/api/campaigns', { id: 'pans', name: 'Pans', dataset: 'pans', categories });
  await until(async () => (await patiently(() => admin('GET', '/api/campaigns/pans/progress'))).filled);
  works = [];
  for (let i = 0; i < annotators; i++) {
    const key = await openAccount({ url: cluster.proxy.url, admin }, 'pans', i);
    keys.push(key);
    const work = (await openAnnotator(cluster.proxy.url, key).take('pans'))!;
    await work.do(...naming(2), ...[0, 1, 2].map((k) => strokeAt(k, work.assignment.image, 2)));
    await work.answered('pixel', patience);
    works.push(work);
  }
  const { store, s3 } = settingsOf();
  client = new Client({
    connection: await Connection.connect({ address: cluster.address }),
    interceptors: { workflow: [forStore(await storeIdentity(openStore(store, s3)))] },
  });
}, 300_000);

afterAll(async () => {
  for (const work of works ?? []) work.close();
  await client?.connection.close();
  await cluster?.stop();
}, 60_000);

const settingsOf = () => ({
  store: cluster.env.SALTWORKS_STORE,
  s3: () => ({
    endpoint: cluster.env.SALTWORKS_S3_ENDPOINT,
    credentials: {
      accessKeyId: cluster.env.AWS_ACCESS_KEY_ID,
      secretAccessKey: cluster.secrets.AWS_SECRET_ACCESS_KEY,
    },
  }),
});

/** All draw, each on an image of their own, until something has happened and a moment longer; then every stroke has its labels. */
async function drawThrough<T>(name: string, happens: () => Promise<T>): Promise<T> {
  let over = false;
  const most = { acknowledged: 0, labelled: 0 };
  const drawing = works.map(async (work) => {
    const sent = new Map<number, number>();
    for (let i = 3; !over || i < 6; i++) {
      const at = performance.timeOrigin + performance.now();
      await work.do(i % 9 === 8 ? { kind: 'undo' } : strokeAt(work.done.length, work.assignment.image, 2));
      sent.set(work.done.length, at);
      most.acknowledged = Math.max(most.acknowledged, performance.timeOrigin + performance.now() - at);
      await sleep(300);
    }
    await work.answered('patch', patience);
    for (const [n, at] of sent) {
      const answer = work.events.find(({ event, data }) => event === 'patch' && (data as { n: number }).n >= n)!;
      most.labelled = Math.max(most.labelled, answer.at - at);
    }
  });
  await sleep(300);
  const result = await happens();
  await sleep(1_000);
  over = true;
  await Promise.all(drawing);
  waits[name] = { acknowledged: Math.round(most.acknowledged), labelled: Math.round(most.labelled) };
  return result;
}

async function expectNothingLost(): Promise<void> {
  for (const work of works) {
    expect(await work.log()).toEqual(work.expected());
    expect(work.expected()).toHaveLength(work.done.length);
    expect(work.events.map(({ id }) => id)).toEqual(work.events.map((_, i) => i + 1));
  }
}

/** The build that a workflow's last step ran on. */
async function buildOf(workflowId: string): Promise<string | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}

const versions = async () =>
  (await cluster.run('deployment', 'ls', '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { build: string; state: string; runs: number });

describe.skipIf(!here)('a cluster', () => {
  test('loses no stroke when a server is killed, and the other one answers what it left', async () => {
    await drawThrough('server killed', () => servers[0].kill());
    await expectNothingLost();
    servers = [servers[1], ...(await started('server', 'v1', 1))];
  });

  test('shows nobody an error when a server is told to stop', async () => {
    await expect.poll(() => cluster.proxy.ready().length, { timeout: patience }).toBe(2);
    const before = cluster.proxy.failures.length;
    const { code } = await drawThrough('server told to stop', () => servers[0].drain());
    expect(code).toBe(0);
    expect(cluster.proxy.failures.slice(before)).toEqual([]);
    await expectNothingLost();
    servers = [servers[1], ...(await started('server', 'v1', 1))];
  });

  test('loses no stroke when a worker is killed', async () => {
    await drawThrough('worker killed', () => workers[0].kill());
    await expectNothingLost();
    workers = [workers[1], ...(await started('worker', 'v1', 1))];
  });

  test('has no stroke wait for a worker that is told to stop', async () => {
    const { code } = await drawThrough('worker told to stop', () => workers[0].drain());
    expect(code).toBe(0);
    await expectNothingLost();
    workers = [workers[1], ...(await started('worker', 'v1', 1))];
  });

  test('loses no stroke when Temporal is killed', async () => {
    await drawThrough('Temporal killed', () => cluster.restartTemporal());
    await expectNothingLost();
  });

  test('is replaced by the next version, one process after another: old runs end on old code', async () => {
    const extract = { backbone: 'dinov2-small-focus', facet: 'key', layer: 9 } as const;
    const tally = { images: 0, done: 0, cached: 0, failed: 0 };
    // It waits until everything is new.
    const carried = { next: 0, tally, paused: true };
    const old = await extractDataset(client, { dataset: 'pans', window: 1, extract, carried });
    await expect.poll(() => buildOf(old.id), { timeout: patience }).toBe('v1');

    const before = cluster.proxy.failures.length;
    await drawThrough('next version', async () => {
      const newServers = await started('server', 'v2', 2);
      const newWorkers = await started('worker', 'v2', 2);
      expect(await versions()).toContainEqual(expect.objectContaining({ build: 'v1', state: 'current', runs: 1 }));
      await cluster.run('deployment', 'current', 'v2');
      // There and back again.
      await cluster.run('deployment', 'current', 'v1');
      await cluster.run('deployment', 'current', 'v2');
      await old.resume();
      expect(await old.result()).toMatchObject({ images: 8, done: 8 });
      expect(await buildOf(old.id)).toBe('v1');
      const listed = async () => (await versions()).find(({ build }) => build === 'v1');
      // Temporal's listings lag.
      await expect.poll(listed, { timeout: patience, interval: 500 }).toMatchObject({ state: 'other', runs: 0 });
      for (const member of [...servers, ...workers]) expect((await member.drain()).code).toBe(0);
      [servers, workers] = [newServers, newWorkers];
    });
    expect(cluster.proxy.failures.slice(before)).toEqual([]);
    await expectNothingLost();

    const again = await extractDataset(client, { dataset: 'pans', window: 1, extract });
    expect(await again.result()).toMatchObject({ images: 8, cached: 8 });
    expect(await buildOf(again.id)).toBe('v2');
    for (const { assignment } of works) expect(await buildOf(`annotate/${assignment.id}`)).toBe('v2');
  });

  test('ends with the masks of one machine, no lease held, and no secret in a log', async () => {
    const { store, s3 } = settingsOf();
    const objects = openStore(store, s3);
    for (const work of works) {
      await work.answered('pixel', patience);
      const { mask, n } = await work.submit();
      expect(n).toBe(work.done.length);
      const { name, width, height } = work.assignment.image;
      const interactions = (await work.log()).map((entry: unknown[]) => entry[3]);
      const scribbles = join(cluster.scratch, `${name}.json`);
      writeFileSync(scribbles, scribblesOf(replay(interactions), { width, height }, categories));
      const picture = join(root, 'examples/images', name);
      const alone = await saltworks(['segment', picture, '--scribbles', scribbles, '--out', cluster.scratch]);
      expect(alone.status, alone.stderr).toBe(0);
      const one = readFileSync(join(cluster.scratch, name.replace(/\.\w+$/, '.panoptic.png')));
      expect(Buffer.compare(one, await objects.get(maskKey(mask, '.png')))).toBe(0);
    }
    expect(await admin('GET', '/api/campaigns/pans/assignments?state=leased')).toEqual([]);

    for (const { assignment } of works) {
      const ended = async () => (await client.workflow.getHandle(`annotate/${assignment.id}`).describe()).status.name;
      await expect.poll(ended, { timeout: patience }).toBe('COMPLETED');
    }
    const logs = Object.fromEntries(cluster.members.map(({ name, lines }) => [name, lines.join('\n')]));
    const given = Object.fromEntries(keys.map((key, i) => [`key of annotator ${i}`, key]));
    const password = new URL(cluster.secrets.SALTWORKS_DATABASE).password;
    expect(leaksIn({ ...cluster.secrets, ...given, password }, logs)).toEqual([]);
    console.log(
      Object.entries(waits)
        .map(
          ([what, { acknowledged, labelled }]) =>
            `${what}: acknowledged within ${acknowledged} ms, labelled within ${labelled} ms`,
        )
        .join('\n'),
    );
    for (const { acknowledged, labelled } of Object.values(waits)) {
      expect(acknowledged).toBeLessThan(longest);
      expect(labelled).toBeLessThan(longest);
    }
  });
});
