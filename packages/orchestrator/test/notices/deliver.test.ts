/** Notices from a transaction to a listener, over Temporal, with a server that is stopped and started anew in between. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { noticeActivities } from '@saltworks/contract/messages/notices';
import { queues } from '@saltworks/contract/messages/queues';
import { receiving } from '@saltworks/contract/messages/received';
import { openWorkflows } from '@saltworks/orchestrator/server';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../dist/db/database.js';
import { openDatabase } from '../../dist/db/open.js';
import { allowedHostsOf } from '../../dist/notices/allowed-hosts.js';
import { type Notices, openNotices } from '../../dist/notices/notices.js';
import { notify } from '../../dist/notices/notify.js';
import { signed } from '../../dist/notices/signing.js';
import { addWebhook, listDeliveries, redeliver, removeWebhook, testWebhook } from '../../dist/notices/webhooks.js';
import { makeUser } from '../campaigns/campaign.ts';
import { freshFolder } from '../databases.ts';
import { openTemporal } from '../temporal.ts';

interface Received {
  headers: Record<string, string>;
  body: string;
}

let environment: TestWorkflowEnvironment;
let database: Database;
let listener: Server;
let url: string;
const closing: (() => Promise<unknown> | unknown)[] = [];
/** What the listener got, and the statuses that it answers with: the last of them for ever. */
let received: Received[] = [];
let statuses: number[] = [204];
const secret = 'a secret that only these tests know';

beforeAll(async () => {
  environment = await openTemporal();
  closing.push(() => environment.teardown());
  const { nativeConnection: connection, namespace = 'default' } = environment;
  const workflows = await openWorkflows({ connection, namespace });
  const ended = workflows.run();
  closing.push(() => {
    workflows.shutdown();
    return ended;
  });
  database = await openDatabase(await freshFolder());
  closing.push(() => database.close());
  await makeUser(database.db, 'ann');
  listener = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    received.push({ headers: request.headers as Record<string, string>, body });
    response.writeHead(statuses[Math.min(received.length, statuses.length) - 1], { location: '/other' }).end('secret');
  });
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
  closing.push(() => listener.close());
  url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
}, 120_000);
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});
beforeEach(() => {
  received = [];
  statuses = [204];
});

/** A server's part in it. */
async function openSender(given: Partial<Parameters<typeof openNotices>[0]> = {}) {
  const { client, nativeConnection: connection, namespace = 'default' } = environment;
  const notices: Notices = openNotices({
    ...{ db: database.db, client, secret, hosts: allowedHostsOf(url), log: () => {}, waits: [10, 10, 10] },
    ...given,
  });
  const activities = receiving(noticeActivities, notices.activities);
  const worker = await Worker.create({ connection, namespace, taskQueue: queues.server, activities });
  const ended = worker.run();
  return {
    notices,
    async close() {
      notices.stop();
      worker.shutdown();
      await ended;
    },
  };
}

const subject = { kind: 'campaign', name: 'salt' } as const;
const ready = { event: 'build.ready', subject, build: 'abc', once: 'run-1', why: 're-labelled', by: 'ann' } as const;
const tell = (notice: Parameters<typeof notify>[1]) => database.db.transaction().execute((tx) => notify(tx, notice));
const addTo = async (topic: string, notices: Notices, events: Parameters<typeof addWebhook>[2]['events'] = []) =>
  addWebhook({ db: database.db, notices }, topic, { url, events }, 'ann');
const deliveriesOf = async (topic: string, id: string) =>
  (await listDeliveries(database.db, topic, id, { limit: 50 })).items;

test('what is told reaches every webhook that wants it once, signed, whoever is started anew', async () => {
  const first = await openSender();
  const { webhook, secret: key } = await addTo('campaign:salt', first.notices);
  await addTo('campaign:salt', first.notices, ['build.failed']);
  await addTo('campaign:pepper', first.notices);
  // No server runs while it is told; told again by an activity that did not know of its success.
  await first.close();
  await tell(ready);
  await tell(ready);
  await expect(
    database.db.transaction().execute(async (tx) => {
      await notify(tx, { ...ready, once: 'run-2' });
      throw new Error('undone');
    }),
  ).rejects.toThrow('undone');
  const second = await openSender();
  await expect.poll(() => received.length).toBe(1);
  await expect.poll(async () => (await deliveriesOf('campaign:salt', webhook.id))[0].state).toBe('delivered');
  await second.close();

  const [{ headers, body }] = received;
  const message = headers['webhook-id'];
  expect(message).toMatch(/^msg_[\w-]+$/);
  const at = 1000 * Number(headers['webhook-timestamp']);
  expect(headers).toMatchObject(signed(key, { message, body, at }));
  expect(Math.abs(Date.now() - at)).toBeLessThan(60_000);
  expect(JSON.parse(body)).toEqual({
    version: 1,
    type: 'build.ready',
    timestamp: expect.stringMatching(/Z$/),
    data: { subject, build: 'abc', why: 're-labelled', by: 'ann' },
  });
  expect(await deliveriesOf('campaign:salt', webhook.id)).toEqual([
    {
      ...{ id: expect.any(String), message, event: 'build.ready', state: 'delivered', created: expect.any(String) },
      attempts: [{ at: expect.any(String), ms: expect.any(Number), status: 204, reason: null }],
    },
  ]);
});

test('a schedule tells its own webhooks, beside those of what it works on', async () => {
  const { notices, close } = await openSender();
  await addTo('schedule:nightly', notices);
  await addTo('dataset:pans', notices);
  const dataset = { kind: 'dataset', name: 'pans' } as const;
  await tell({ event: 'schedule.failed', subject: dataset, schedule: 'nightly', once: 'firing', why: 'no keys' });
  await tell({ event: 'schedule.failed', subject: null, schedule: 'nightly', once: 'firing-2', why: 'no disk' });
  await expect.poll(() => received.length).toBe(3);
  await close();
  const told = received.map(({ body }) => JSON.parse(body).data.why).sort();
  expect(told).toEqual(['no disk', 'no keys', 'no keys']);
});

test('a failure is tried again under the same id, until it succeeds', async () => {
  const { notices, close } = await openSender();
  const { webhook } = await addTo('campaign:again', notices);
  statuses = [500, 301, 200];
  await tell({ ...ready, subject: { kind: 'campaign', name: 'again' } });
  await expect.poll(async () => (await deliveriesOf('campaign:again', webhook.id))[0].state).toBe('delivered');
  await close();
  const [{ attempts }] = await deliveriesOf('campaign:again', webhook.id);
  expect(attempts.map(({ status, reason }) => [status, reason])).toEqual([
    [500, 'answered 500; expected 200 to 299'],
    [301, 'answered 301; redirects are not followed'],
    [200, null],
  ]);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
});

test('a dead webhook is given up after the last try, says so, and is sent once more by hand', async () => {
  const { notices, close } = await openSender();
  const topic = 'campaign:dead';
  const { webhook } = await addTo(topic, notices);
  statuses = [500, 500, 500, 500, 202];
  await testWebhook({ db: database.db, notices }, topic, webhook.id, 'ann');
  await expect.poll(async () => (await deliveriesOf(topic, webhook.id))[0].state).toBe('failed');
  expect(received).toHaveLength(4);
  const [{ id }] = await deliveriesOf(topic, webhook.id);
  await redeliver({ db: database.db, notices }, topic, { webhook: webhook.id, delivery: id }, 'ann');
  await expect.poll(async () => (await deliveriesOf(topic, webhook.id))[0].state).toBe('delivered');
  await close();
  expect((await deliveriesOf(topic, webhook.id))[0].attempts.map(({ status }) => status)).toEqual([
    500, 500, 500, 500, 202,
  ]);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(JSON.parse(received[0].body)).toMatchObject({ type: 'test', data: { subject: { name: 'dead' }, by: 'ann' } });
});

test('a webhook that is gone, closed to the server, or of an earlier secret fails with a reason', async () => {
  const reasons = async (name: string, given: Parameters<typeof openSender>[0], status = 204) => {
    const adding = await openSender();
    const { webhook } = await addTo(`campaign:${name}`, adding.notices);
    await adding.close();
    statuses = [status];
    const sending = await openSender({ ...given, waits: [] });
    await tell({ ...ready, subject: { kind: 'campaign', name } });
    await expect.poll(async () => (await deliveriesOf(`campaign:${name}`, webhook.id))[0].state).toBe('failed');
    await sending.close();
    return (await deliveriesOf(`campaign:${name}`, webhook.id))[0].attempts.map(({ reason }) => reason);
  };
  expect(await reasons('gone', { waits: [10, 10] }, 410)).toEqual(['answered 410; expected 200 to 299']);
  expect(await reasons('closed', { hosts: [] })).toEqual([
    `the server sends nothing to ${url}; expected a host of its SALTWORKS_WEBHOOK_HOSTS, which is empty`,
  ]);
  expect(await reasons('resealed', { secret: 'another secret of the same length'.repeat(2) })).toEqual([
    "the server's own secret was changed since the webhook was added; expected it to be added anew",
  ]);
  expect(received).toHaveLength(1);
});

test('what is on its way to a webhook that is removed is dropped', async () => {
  const { notices, close } = await openSender({ waits: [60_000] });
  statuses = [500];
  const { webhook } = await addTo('campaign:removed', notices);
  await tell({ ...ready, subject: { kind: 'campaign', name: 'removed' } });
  await expect.poll(async () => (await deliveriesOf('campaign:removed', webhook.id))[0].attempts.length).toBe(1);
  await removeWebhook(database.db, 'campaign:removed', webhook.id, 'ann');
  await expect(deliveriesOf('campaign:removed', webhook.id)).rejects.toThrow('no such webhook');
  await close();
  const actions = await database.db
    .selectFrom('audit')
    .select('action')
    .where('object', '=', 'campaign:removed')
    .execute();
  expect(actions.map(({ action }) => action)).toEqual(['webhook.add', 'webhook.remove']);
});
