// The topology of a cluster, with people drawing, while each process in turn is killed, told to stop, and replaced by the next
// version. Nothing is lost, nobody waits for ever, and the masks are those of one machine.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeImage } from '@saltworks/backbone/image/decode';
import { exportPlan } from '@saltworks/contract/documents/exports';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { exportPlanKey, maskKey } from '@saltworks/contract/layout';
import { replay } from '@saltworks/core/drawing/replay';
import { scribblesOf } from '@saltworks/core/drawing/scribbles-of';
import { decodePanoptic, type Mask } from '@saltworks/core/mask/mask';
import { operatorToken } from '@saltworks/orchestrator/api/operator';
import { runId } from '@saltworks/orchestrator/runs/ids';
import { extractDataset } from '@saltworks/orchestrator/runs/start';
import { forStore } from '@saltworks/orchestrator/temporal/store-header';
import { readShard } from '@saltworks/store/datasets/dataset';
import { readDocument } from '@saltworks/store/objects/documents';
import { storeIdentity } from '@saltworks/store/objects/identity';
import { openStore } from '@saltworks/store/objects/open';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { naming, openAnnotator, openApi, patiently, strokeAt } from '../bench/annotators.mjs';
import { openAccount } from '../bench/stack.mjs';
import { findPostgres } from '../packages/orchestrator/test/postgres.ts';
import { findS3 } from '../packages/store/test/objects/server.ts';
import { consensusAlone, exportAlone, type Own } from './alone.ts';
import { type Cluster, type Member, openCluster } from './cluster.ts';
import { root, saltworks } from './saltworks.ts';
import { leaksIn } from './secrets.ts';

type Work = NonNullable<Awaited<ReturnType<ReturnType<typeof openAnnotator>['take']>>>;

/** The first two draw on the same image. */
const annotators = 3;
/** Milliseconds within which anything must have happened. */
const patience = 150_000;
/** Nothing waits longer, however busy the machine: workflows ask for two minutes. */
const longest = 150_000;
/** `PendingActivityState`, as gRPC has it. */
const STARTED = 2;
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

/** Each has strokes of their own. */
const strokeOf = (annotator: number, k: number, { assignment }: Work) =>
  strokeAt(20 * annotator + k, assignment.image, 2);

async function started(role: 'server' | 'worker', build: string, count: number): Promise<Member[]> {
  const members = await Promise.all(Array.from({ length: count }, () => cluster.start(role, build)));
  await Promise.all(members.map((member) => member.ready()));
  return members;
}

/** Tells a process to stop: it ends with 0, or its last lines say why not. */
async function expectDrained(member: Member): Promise<void> {
  const { code } = await member.drain();
  expect(code, `${member.name}: ${member.lines.slice(-20).join('\n')}`).toBe(0);
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
  await admin('POST', '/api/campaigns', { id: 'pans', name: 'Pans', dataset: 'pans', categories, annotators: 2 });
  await until(async () => (await patiently(() => admin('GET', '/api/campaigns/pans/progress'))).filled);
  works = [];
  for (let i = 0; i < annotators; i++) {
    const key = await openAccount({ url: cluster.proxy.url, admin }, 'pans', i);
    keys.push(key);
    const work = (await openAnnotator(cluster.proxy.url, key).take('pans'))!;
    await work.do(...naming(2), ...[0, 1, 2].map((k) => strokeOf(i, k, work)));
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

/** All draw, two of them on the same image, until something has happened and a moment longer; then every stroke has its labels. */
async function drawThrough<T>(name: string, happens: () => Promise<T>): Promise<T> {
  let over = false;
  const most = { acknowledged: 0, labelled: 0 };
  const drawing = works.map(async (work, annotator) => {
    const sent = new Map<number, number>();
    for (let i = 3; !over || i < 6; i++) {
      const at = performance.timeOrigin + performance.now();
      await work.do(i % 9 === 8 ? { kind: 'undo' } : strokeOf(annotator, work.done.length, work));
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

/** Whether a worker has taken up a workflow's activity. */
async function isBegun(workflowId: string): Promise<boolean> {
  const found = await client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(() => undefined);
  return found?.raw.pendingActivities?.some(({ state }) => state === STARTED) ?? false;
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
    await drawThrough('server told to stop', () => expectDrained(servers[0]));
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
    await drawThrough('worker told to stop', () => expectDrained(workers[0]));
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
      for (const member of [...servers, ...workers]) await expectDrained(member);
      [servers, workers] = [newServers, newWorkers];
    });
    expect(cluster.proxy.failures.slice(before)).toEqual([]);
    await expectNothingLost();

    const again = await extractDataset(client, { dataset: 'pans', window: 1, extract });
    expect(await again.result()).toMatchObject({ images: 8, cached: 8 });
    expect(await buildOf(again.id)).toBe('v2');
    for (const { assignment } of works) expect(await buildOf(`annotate/${assignment.id}`)).toBe('v2');
  });

  test('makes the masks, the consensus and the export of one machine, while workers and a server end', async () => {
    const { store, s3 } = settingsOf();
    const objects = openStore(store, s3);
    const pictureOf = ({ assignment }: Work) => join(root, 'examples/images', assignment.image.name);
    const own: Own[] = [];
    for (const [i, work] of works.entries()) {
      await work.answered('pixel', patience);
      const { mask, n } = await work.submit();
      expect(n).toBe(work.done.length);
      const { name, width, height } = work.assignment.image;
      const interactions = (await work.log()).map((entry: unknown[]) => entry[3]);
      const text = scribblesOf(replay(interactions), { width, height }, { categories });
      const out = join(cluster.scratch, `alone-${i}`);
      writeFileSync(`${out}.json`, text);
      const alone = await saltworks(['segment', pictureOf(work), '--scribbles', `${out}.json`, '--out', out]);
      expect(alone.status, alone.stderr).toBe(0);
      const one = readFileSync(join(out, name.replace(/\.\w+$/, '.panoptic.png')));
      expect(Buffer.compare(one, await objects.get(maskKey(mask, '.png')))).toBe(0);
      own.push({
        annotator: work.assignment.user,
        scribbles: parseScribbles(text),
        mask: decodePanoptic(await decodeImage(one)),
      });
    }
    const [first, second, third] = works;
    expect(second.assignment.task).toBe(first.assignment.task);
    expect(third.assignment.task).not.toBe(first.assignment.task);

    // The worker that has the work says nothing any more, and dies; another one makes the consensus.
    await expectDrained(workers[1]);
    workers[0].freeze();
    const asked = cluster.run('campaign', 'consensus', 'pans', '--weights', 'equal', '--json');
    asked.catch(() => {});
    await expect.poll(() => isBegun(`consensus/${first.assignment.task}`), { timeout: patience }).toBe(true);
    await workers[0].kill();
    workers = await started('worker', 'v2', 2);
    const together: { mask: string } = JSON.parse(await asked);
    const consensus = await consensusAlone(pictureOf(first), own.slice(0, 2));
    const made = decodePanoptic(await decodeImage(await objects.get(maskKey(together.mask, '.png'))));
    expect(made.ids).toEqual(consensus.mask.ids);

    const out = join(cluster.scratch, 'out');
    const { recipe } = await admin('POST', '/api/campaigns/pans/publish', {});
    const exported = cluster.run('campaign', 'export', 'pans', '--format', 'coco-panoptic', '--out', out, '--json');
    exported.catch(() => {});
    const run = client.workflow.getHandle(runId('export', 'pans', `coco-panoptic/${recipe}`));
    const isThere = () => run.describe().then(Boolean, () => false);
    await expect.poll(isThere, { timeout: patience, interval: 20 }).toBe(true);
    await Promise.all([expectDrained(workers[0]), servers[0].kill()]);
    expect(JSON.parse((await exported).trim().split('\n').at(-1)!)).toMatchObject({ images: 2, failed: 0 });
    const { id } = await run.result();
    const masks = new Map<string, { mask: Mask; segments: Own['scribbles']['segments'] }>([
      [first.assignment.image.name, consensus],
      [third.assignment.image.name, { mask: own[2].mask, segments: own[2].scribbles.segments }],
    ]);
    const plan = await readDocument(objects, exportPlanKey('pans', id), exportPlan);
    const drawn = (await readShard(objects, 'pans', 0)).filter(({ name }) => masks.has(name));
    const alone = await exportAlone(
      plan!,
      drawn.map(({ id, name }) => ({ id, name, ...masks.get(name)! })),
    );
    const files = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files).toHaveLength(alone.size);
    for (const [path, bytes] of alone) {
      expect([path, Buffer.compare(bytes, readFileSync(join(out, path)))]).toEqual([path, 0]);
    }
  });

  test('ends with no lease held, and no secret in a log', async () => {
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
