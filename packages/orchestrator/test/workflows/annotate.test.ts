import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodePng } from '@saltworks/backbone/image/decode';
import { nodeLabels } from '@saltworks/contract/documents/node-labels';
import { InvalidInputError } from '@saltworks/contract/errors';
import { drawingKey, keysKey, maskKey, nodeLabelsKey, viewKey } from '@saltworks/contract/layout';
import {
  type AnnotateActivities,
  type AnnotateRun,
  type AnswerRequest,
  annotateImage,
  annotateWorkflowId,
  type ImageRequest,
  openImages,
} from '@saltworks/contract/messages/annotate';
import { queues } from '@saltworks/contract/messages/queues';
import { encodeKeys } from '@saltworks/core/formats/keys';
import { openWorkflows } from '@saltworks/orchestrator/server';
import {
  executeWorkflow,
  findWorkflow,
  startWorkflow,
  type Workflow,
} from '@saltworks/orchestrator/temporal/workflows';
import { readDocument } from '@saltworks/store/objects/documents';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { createAnnotateActivities } from '@saltworks/worker/activities';
import { objectReader } from '@saltworks/worker/objects';
import { openSessionThreads } from '@saltworks/worker/session-threads';
import { openWorkers, ownQueue } from '@saltworks/worker/worker';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openTemporal } from '../temporal.ts';

const request: ImageRequest = {
  image: { sha256: 'ab'.repeat(32), name: 'a.png', object: 'images/a.png' },
  extract: { backbone: 'dinov2-small-focus', facet: 'key' },
  preset: 'best',
  solve: {},
};
/** These tests share the machine with others. */
const patient = { timeout: 50_000, interval: 20 };

let environment: TestWorkflowEnvironment;
/** Closed after all tests, and after each. */
const closing: (() => Promise<void>)[] = [];
const hosts: (() => Promise<void>)[] = [];

/** A server or worker that runs until it is closed. */
function running({ run, shutdown }: { run(): Promise<void>; shutdown(): void }): () => Promise<void> {
  const ended = run();
  let closed = false;
  const close = () => {
    if (!closed) shutdown();
    closed = true;
    return ended;
  };
  return close;
}

const connected = () => {
  const { nativeConnection: connection, namespace = 'default' } = environment;
  return { connection, namespace };
};

beforeAll(async () => {
  environment = await openTemporal();
  closing.push(running(await openWorkflows(connected())));
  const activities = { expireLease, leaveUnusable };
  const taskQueue = queues.server;
  const worker = await Worker.create({ ...connected(), taskQueue, activities });
  closing.push(running({ run: () => worker.run(), shutdown: () => worker.shutdown() }));
}, 120_000);

afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
  await environment?.teardown();
}, 60_000);

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((close) => close()));
}, 60_000);

/** A worker with a connection of its own, as another process has. @returns what closes it */
async function openHostOf(activities: AnnotateActivities, queue: string): Promise<() => Promise<void>> {
  const { address } = environment.connection.options;
  const connection = await NativeConnection.connect({ address });
  const { namespace } = connected();
  const concurrency = { annotate: 4 };
  const leave = (workflow: string, open: boolean) =>
    findWorkflow(environment.client, annotateImage, workflow).update('leave', { queue, open }, once());
  const worker = await openWorkers({
    connection,
    namespace,
    roles: ['annotate'],
    activities,
    concurrency,
    queue,
    leave,
  });
  const close = running({ ...worker, run: () => worker.run().then(() => connection.close()) });
  hosts.push(close);
  return close;
}

/** By assignment: milliseconds that the server grants at each question, and the number of questions. */
const leases = new Map<string, { more: (number | undefined)[]; asked: number }>();

async function expireLease({ assignment }: { assignment: string }): Promise<number | undefined> {
  const lease = leases.get(assignment);
  if (!lease) return undefined;
  lease.asked++;
  const more = lease.more.shift();
  return more === undefined ? undefined : Date.now() + more;
}

/** By assignment: the reason why its image cannot be opened; assignments that the server then ends. */
const unusable = new Map<string, string>();
const left = new Set<string>();

async function leaveUnusable({ assignment, reason }: { assignment: string; reason: string }): Promise<boolean> {
  unusable.set(assignment, reason);
  return left.has(assignment);
}

/** A moment that a test waits for. */
function gate() {
  let pass = () => {};
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { pass, passed };
}

/**
 * A worker with made-up answers, which counts questions.
 *
 * @param before runs ahead of every answer
 * @param opening is waited for when an image is opened
 */
async function openHost(before: (request: AnswerRequest) => Promise<void> = async () => {}, opening?: Promise<void>) {
  const queue = ownQueue();
  const host = { queue, opened: 0, asked: [] as number[], close: async () => {} };
  const asked = async (request: AnswerRequest) => {
    host.asked.push(request.n);
    await before(request);
  };
  const activities: AnnotateActivities = {
    async openImage({ image }) {
      host.opened++;
      await opening;
      if (image.name === 'bad.png') throw new InvalidInputError('3 bytes that do not decode');
      return { queue, width: 10, height: 20 };
    },
    async answerPatch(request) {
      await asked(request);
      return { n: request.n, queue, ms: 1, solve: 1 };
    },
    async answerPixel(request) {
      await asked(request);
      return { n: request.n, mask: `${request.assignment}-${request.n}`, uncertainty: 0.5, ms: 1 };
    },
    async attribute(request) {
      await asked(request);
      return { segment: request.x, strokes: [] };
    },
    showImages: async () => [],
    writeKnownRegions: async () => {},
  };
  host.close = await openHostOf(activities, queue);
  return host;
}

type Assignment = Workflow<typeof annotateImage>;

async function start(changes: Partial<AnnotateRun> = {}): Promise<{ assignment: string; run: Assignment }> {
  const { client } = environment;
  const { assignment = randomUUID() } = changes;
  const input = { ...request, assignment, lease: Date.now() + 600_000, ...changes };
  const workflowId = annotateWorkflowId(assignment);
  await startWorkflow(client, annotateImage, input, { workflowId });
  // Not bound to one execution.
  return { assignment, run: findWorkflow(client, annotateImage, workflowId) };
}

const once = () => ({ updateId: randomUUID() });
const label = (run: Assignment, n: number) => run.update('propagate', { n }, once());
const refine = (run: Assignment, n: number) => run.update('refine', { n }, once());

async function failureOf(update: Promise<unknown>): Promise<{ message: string; type?: string | null }> {
  const error = await update.then(
    () => undefined,
    (reason) => reason.cause,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  return { message: error.message, type: error.type };
}

const statusOf = async (run: Assignment) => (await run.describe()).status.name;

describe('an assignment', () => {
  test('gets its answers from the worker that has the image open, until it is closed', async () => {
    const host = await openHost();
    const { assignment, run } = await start();
    expect(await label(run, 1)).toMatchObject({ n: 1, queue: host.queue });
    expect(await refine(run, 2)).toMatchObject({ mask: `${assignment}-2` });
    expect(await run.update('attribute', { n: 2, x: 7, y: 1 }, once())).toMatchObject({ segment: 7 });
    expect(host).toMatchObject({ opened: 1, asked: [1, 2, 2] });
    await run.signal('close');
    await run.result();
    expect(await statusOf(run)).toBe('COMPLETED');
  });

  test("is answered with its campaign's present settings, not those at its start", async () => {
    const solves: unknown[] = [];
    await openHost(async ({ solve }) => void solves.push(solve));
    const { run } = await start();
    await refine(run, 1);
    await run.update('refine', { n: 2, solve: { strokes: 'tolerate' } }, once());
    expect(solves).toEqual([{}, { strokes: 'tolerate' }]);
    await run.signal('close');
  });

  test('asks a worker that is known to have the image open, and no other', async () => {
    const host = await openHost();
    const other = await openHost();
    const { run } = await start({ queue: host.queue });
    expect(await label(run, 1)).toMatchObject({ queue: host.queue });
    // It answers that the image is open.
    await expect.poll(() => host.opened, patient).toBe(1);
    expect(other.opened).toBe(0);
    await run.signal('close');
  });

  test('finds out that a worker is gone before the first stroke', async () => {
    const { run } = await start({ queue: ownQueue() });
    const host = await openHost();
    await expect.poll(() => host.opened, patient).toBe(1);
    const asked = Date.now();
    expect(await label(run, 1)).toMatchObject({ queue: host.queue });
    expect(Date.now() - asked).toBeLessThan(1_500);
    await run.signal('close');
  });

  test('is sent to another worker by one that stops, which answers until the image is open there', async () => {
    const opened = gate();
    const host = await openHost();
    const { run } = await start();
    await label(run, 1);
    const next = await openHost(undefined, opened.passed);
    const stopped = host.close();
    await expect.poll(() => next.opened, patient).toBe(1);
    expect(await label(run, 2)).toMatchObject({ n: 2, queue: host.queue });
    opened.pass();
    await stopped;
    expect(await label(run, 3)).toMatchObject({ n: 3, queue: next.queue });
    expect(host.asked).toEqual([1, 2]);
    await run.signal('close');
  });

  test('finds another worker when its worker is gone', async () => {
    const first = await openHost();
    const { run } = await start();
    await label(run, 1);
    const second = await openHost();
    await first.close();
    const answers = await Promise.all([2, 3, 4].map((n) => label(run, n)));
    expect(answers.map(({ queue }) => queue)).toEqual([second.queue, second.queue, second.queue]);
    expect(second.opened).toBe(1);
    await run.signal('close');
  });

  test('asks again when a worker took an update and fell silent', async () => {
    let silent = true;
    let speak = () => {};
    const spoken = new Promise<void>((resolve) => {
      speak = resolve;
    });
    const host = await openHost(async () => {
      if (!silent) return;
      silent = false;
      await spoken;
    });
    const { run } = await start();
    // The first try stays silent until another one has answered.
    expect(await label(run, 1)).toMatchObject({ n: 1 });
    expect(host.asked).toEqual([1, 1]);
    speak();
    await run.signal('close');
  }, 60_000);

  test('waits for a worker while there is none', async () => {
    const { run } = await start({ queue: ownQueue() });
    const answer = label(run, 1);
    await sleep(3_000);
    const host = await openHost();
    expect(await answer).toMatchObject({ queue: host.queue });
    await run.signal('close');
  });

  test('retries passing failures, reports lasting ones, and goes on after them', async () => {
    let failed = 0;
    const host = await openHost(async ({ n }) => {
      if (n === 1 && failed++ < 2) throw new Error('connection reset');
      if (n === 2) throw new InvalidInputError('only label 7 is drawn; expected at least two');
      if (n === 9) throw new TypeError('undefined is not iterable');
    });
    const { run } = await start();
    expect(await label(run, 1)).toMatchObject({ n: 1 });
    expect(failed).toBe(3);
    expect(await failureOf(label(run, 2))).toEqual({
      message: 'only label 7 is drawn; expected at least two',
      type: 'InvalidInputError',
    });
    expect(await failureOf(label(run, 9))).toEqual({ message: 'undefined is not iterable', type: 'TypeError' });
    expect(host.asked.filter((n) => n === 2)).toHaveLength(1);
    expect(await label(run, 3)).toMatchObject({ n: 3 });
    expect(host.opened).toBe(1);

    const { run: bad, assignment } = await start({ image: { ...request.image, name: 'bad.png' } });
    const reason = { message: '3 bytes that do not decode', type: 'InvalidInputError' };
    expect(await failureOf(label(bad, 1))).toEqual(reason);
    // Something is drawn on it: it stays with its annotator.
    await expect.poll(() => unusable.get(assignment), patient).toBe(reason.message);
    expect(await statusOf(bad)).toBe('RUNNING');
    for (const each of [run, bad]) await each.signal('close');
  });
});

test('an image that cannot be opened is skipped, and its assignment ends', async () => {
  await openHost();
  const assignment = randomUUID();
  left.add(assignment);
  const { run } = await start({ assignment, image: { ...request.image, name: 'bad.png' } });
  await run.result();
  expect(unusable.get(assignment)).toBe('3 bytes that do not decode');
});

describe('a lease', () => {
  test('that runs out ends the assignment', async () => {
    const { run } = await start({ lease: Date.now() + 300 });
    await run.result();
    expect(await statusOf(run)).toBe('COMPLETED');
  });

  test("lasts as long as it is renewed, by a signal or in the server's database", async () => {
    await openHost();
    const ends = Date.now() + 5_000;
    const { assignment, run } = await start({ lease: ends });
    const lease = { more: [6_000, undefined], asked: 0 };
    leases.set(assignment, lease);
    await run.signal('renew', ends + 2_000);
    await sleep(ends + 500 - Date.now());
    expect(lease.asked).toBe(0);
    await expect.poll(() => lease.asked, patient).toBe(1);
    expect(Date.now()).toBeGreaterThanOrEqual(ends + 2_000);
    expect(await label(run, 1)).toMatchObject({ n: 1 });
    await run.result();
    expect(lease.asked).toBe(2);
  });
});

test('a long assignment continues as new: it keeps its worker, loses no update, and no history grows long', async () => {
  const host = await openHost(() => sleep(5));
  const { assignment, run } = await start();
  await label(run, 1);
  const other = await openHost();
  let next = 2;
  const draw = async () => {
    while (next <= 620) {
      const n = next++;
      expect(await label(run, n)).toMatchObject({ n, queue: host.queue });
    }
  };
  await Promise.all([draw(), draw(), draw(), draw()]);
  expect(new Set(host.asked).size).toBe(620);
  expect(host.opened + other.opened).toBe(1);
  await run.signal('close');
  await run.result();

  const lengths = async () => {
    const found: number[] = [];
    for await (const part of environment.client.workflow.list({
      query: `WorkflowId = '${annotateWorkflowId(assignment)}'`,
    })) {
      if (part.status.name !== 'RUNNING') found.push(part.historyLength ?? 0);
    }
    return found;
  };
  // Temporal's listings lag.
  await expect.poll(async () => (await lengths()).length, { ...patient, interval: 200 }).toBe(3);
  for (const length of await lengths()) expect(length).toBeLessThan(6_000);
}, 180_000);

test('images are opened ahead; one that cannot be opened answers null', async () => {
  const host = await openHost();
  const bad = { ...request, image: { ...request.image, name: 'bad.png' } };
  const input = { images: [request, bad, request] };
  const opened = await executeWorkflow(environment.client, openImages, input, { workflowId: randomUUID() });
  const answer = { queue: host.queue, width: 10, height: 20 };
  expect(opened).toEqual([answer, null, answer]);
});

describe('with images, keys and threads', () => {
  const [width, height] = [48, 32];
  const { sha256, object } = request.image;
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-annotate-'));
  const store = fileStore(folder);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function openWorker() {
    const [sessions, queue] = [openSessionThreads(), ownQueue()];
    const keys = { open: () => Promise.reject(new Error('expected sound keys')), close: async () => {} };
    const deps = { store, keys, readObject: objectReader(store, () => ({})), maxPixels: 1e6, sessions, queue };
    const close = await openHostOf(createAnnotateActivities(deps), queue);
    hosts.push(() => sessions.close());
    return { queue, close };
  }

  test('a drawing gets labels and a mask, and the same ones from another worker after the first is gone', async () => {
    const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) =>
      Math.floor(i / 3) % width < 24 ? 40 : 200,
    );
    await store.put(object, await encodePng(pixels, { width, height, channels: 3 }));
    const [h, w] = [4, 6];
    const data = Float32Array.from({ length: h * w * 2 }, (_, i) => (i % 2 === 0 ? (i % (2 * w) < w ? 1 : -1) : 0.5));
    const origin = {
      backbone: 'stub',
      layer: 11,
      facet: 'key',
      image: { width, height },
      imageSha256: sha256,
    } as const;
    const worker = await openWorker();
    const { assignment, run } = await start();
    const stroke = (segment: number, x: number) => ({ segment, points: [[x, 16]], radius: 3 });
    const segments = [{ id: 5, category: 'thing', isthing: true }];
    const draw = (n: number, strokes: unknown[]) =>
      store.put(drawingKey(assignment, n), JSON.stringify({ version: 1, image: { width, height }, segments, strokes }));
    await draw(1, [stroke(5, 10)]);
    await draw(2, [stroke(5, 10), stroke(0, 40)]);
    await draw(3, [stroke(5, 10), stroke(0, 40)]);

    expect(await failureOf(label(run, 2))).toEqual({
      message: 'image a.png has no keys of dinov2-small-focus yet; expected saltworks extract DATASET first',
      type: 'InvalidInputError',
    });
    await store.put(keysKey('dinov2-small-focus', sha256), encodeKeys({ data, h, w, d: 2 }, origin));
    expect(await failureOf(label(run, 1))).toEqual({
      message: 'only label 5 is drawn; expected at least two, the background being one',
      type: 'InvalidInputError',
    });
    expect(await label(run, 2)).toMatchObject({ n: 2, queue: worker.queue });
    const labels = (n: number) => readDocument(store, nodeLabelsKey(assignment, n), nodeLabels);
    expect(await labels(2)).toMatchObject({ h: 8, w: 12, labels: [0, 5], runs: expect.arrayContaining([1, 6]) });
    expect(await store.head(viewKey(sha256))).toBeDefined();
    const { mask } = await refine(run, 2);
    const png = await store.get(maskKey(mask, '.png'));

    const second = await openWorker();
    await worker.close();
    for (const extension of ['.json', '.png'] as const) await store.delete(maskKey(mask, extension));
    expect(await refine(run, 3)).toMatchObject({ n: 3, mask });
    expect(await store.get(maskKey(mask, '.png'))).toEqual(png);
    expect(await label(run, 3)).toMatchObject({ queue: second.queue });
    expect(await labels(3)).toEqual(await labels(2));
    await run.signal('close');
    await run.result();
  });
});
