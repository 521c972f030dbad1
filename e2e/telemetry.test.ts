// What server and worker tell of themselves while people work: probes, metrics and logs, on PostgreSQL, a real S3 server and
// a Temporal of their own, each behind a door that can be shut.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@saltworks/cli/stack/temporal';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { naming, openAnnotator, openApi, strokeAt } from '../bench/annotators.mjs';
import { openAccount } from '../bench/stack.mjs';
import { findPostgres, type PostgresServer, startPostgres } from '../packages/orchestrator/test/postgres.ts';
import { openTemporal } from '../packages/orchestrator/test/temporal.ts';
import { findS3, type S3Server, startS3 } from '../packages/store/test/objects/server.ts';
import { command, plainEnv, type Role, startRole } from '../test/roles.ts';
import { type Door, openDoor } from './doors.ts';
import { root } from './saltworks.ts';

const here = findPostgres() !== undefined && findS3() !== undefined;
const token = 'a token for metrics that only this test knows';
const secret = 'a secret of sessions that only this test knows';
const categories = [{ id: 1, name: 'thing', colour: '#ff8800', isthing: true }];

/** What a scrape tells: the value of a series, its labels in the order of their names; 0 where there is none. */
const scraped = async (url: string) => {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
  const text = await answer.text();
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name)
      series.set(
        `${name}{${labels
          .split(/,(?=\w+=)/)
          .sort()
          .join(',')}}`,
        Number(value),
      );
  }
  return { text, value: (name: string, labels = '') => series.get(`saltworks_${name}{${labels}}`) ?? 0 };
};

describe.skipIf(!here)(`what processes tell${here ? '' : ' (skipped: no PostgreSQL or no S3 server)'}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-telemetry-'));
  let temporal: TestWorkflowEnvironment;
  let postgres: PostgresServer;
  let s3: S3Server;
  const doors: Record<string, Door> = {};
  let env: NodeJS.ProcessEnv;
  let server: Role;
  let worker: Role;
  let [serverUrl, workerUrl] = ['', ''];
  let key: string;

  beforeAll(async () => {
    [temporal, postgres, s3] = await Promise.all([openTemporal(), startPostgres(), startS3()]);
    const portOf = (url: string) => Number(new URL(url).port);
    doors.temporal = await openDoor(Number(temporal.address.split(':')[1]));
    doors.database = await openDoor(portOf(postgres.url()));
    doors.store = await openDoor(portOf(s3.endpoint));
    const database = new URL(postgres.url());
    database.port = String(doors.database.port);
    const [port, workerPort] = [await freePort(), await freePort()];
    [serverUrl, workerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${workerPort}`];
    const home = join(folder, 'home');
    mkdirSync(home);
    for (const part of ['models', 'tools']) {
      symlinkSync(join(process.env.SALTWORKS_HOME ?? join(root, '.saltworks'), part), join(home, part));
    }
    env = {
      ...plainEnv(),
      SALTWORKS_HOME: home,
      SALTWORKS_TEMPORAL_ADDRESS: `127.0.0.1:${doors.temporal.port}`,
      SALTWORKS_DATABASE: database.href,
      SALTWORKS_STORE: `s3://${s3.bucket}/objects`,
      SALTWORKS_S3_ENDPOINT: `http://127.0.0.1:${doors.store.port}`,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      SALTWORKS_PORT: String(port),
      SALTWORKS_WORKER_PORT: String(workerPort),
      SALTWORKS_SECRET: secret,
      SALTWORKS_METRICS_TOKEN: token,
      SALTWORKS_LOG: 'json',
    };
    server = startRole(env, 'server');
    await server.says('"msg":"ready at');
    worker = startRole(env, 'worker');
    await worker.says(`probes 127.0.0.1:${workerPort}`);
    key = await run('account', 'key', '--name', 'test');
  });

  afterAll(async () => {
    for (const door of Object.values(doors)) door.open();
    await worker?.end();
    await server?.end();
    for (const door of Object.values(doors)) await door.close();
    await Promise.all([temporal?.teardown(), postgres?.stop(), s3?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  // Not at once: the doors are in this process.
  async function run(...args: string[]): Promise<string> {
    const settings = { env: { ...env, SALTWORKS_URL: serverUrl } };
    return (await promisify(execFile)(process.execPath, [command, ...args], settings)).stdout.trim();
  }

  const ready = async (url: string) => {
    const answer = await fetch(`${url}/readyz`);
    return { status: answer.status, body: (await answer.json()) as { parts: Record<string, string> } };
  };

  test('a process that is alive and has all that it needs says so to everybody', async () => {
    for (const url of [serverUrl, workerUrl]) {
      expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ alive: true });
    }
    expect(await ready(serverUrl)).toEqual({
      status: 200,
      body: { ready: true, parts: { database: 'ok', temporal: 'ok', store: 'ok' } },
    });
    expect(await ready(workerUrl)).toEqual({
      status: 200,
      body: { ready: true, parts: { temporal: 'ok', store: 'ok' } },
    });
  });

  test('metrics are for holders of the token, administrators, and callers of this machine that no proxy sends', async () => {
    const status = async (url: string, headers: Record<string, string>) =>
      (await fetch(`${url}/metrics`, { headers })).status;
    for (const url of [serverUrl, workerUrl]) {
      expect(await status(url, {})).toBe(200);
      for (const name of ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']) {
        expect([name, await status(url, { [name]: '192.0.2.1' })]).toEqual([name, 401]);
      }
      const far = { 'x-forwarded-for': '192.0.2.1' };
      expect(await status(url, { ...far, authorization: `Bearer ${token}` })).toBe(200);
      expect(await status(url, { ...far, authorization: `Bearer ${token}x` })).toBe(401);
    }
    const far = { 'x-forwarded-for': '192.0.2.1' };
    expect(await status(serverUrl, { ...far, authorization: `Bearer ${key}` })).toBe(200);
    expect(await status(workerUrl, { ...far, authorization: `Bearer ${key}` })).toBe(401);
  });

  test('counters move by what is done', async () => {
    const images = join(folder, 'images');
    mkdirSync(images);
    copyFileSync(join(root, 'examples/images/coffee.jpg'), join(images, 'coffee.jpg'));
    await run('dataset', 'import', images, '--name', 'cups');
    const admin = openApi(serverUrl, key);
    await admin('POST', '/api/campaigns', { id: 'cups', name: 'Cups', dataset: 'cups', categories });
    await expect
      .poll(() => admin('GET', '/api/campaigns/cups/progress'), { timeout: 60_000 })
      .toMatchObject({
        filled: true,
      });
    const annotator = openAnnotator(serverUrl, await openAccount({ url: serverUrl, admin }, 'cups', 7));
    const before = await scraped(serverUrl);
    const work = (await annotator.take('cups'))!;
    const strokes = [0, 1, 2].map((i) => strokeAt(i, work.assignment.image, 1));
    await work.do(...naming(1), ...strokes);
    await work.answered('pixel', 60_000);
    // The event comes before the count.
    await expect.poll(async () => (await scraped(serverUrl)).value('stroke_pixels_seconds_count')).toBe(1);
    const [people, machines] = [await scraped(serverUrl), await scraped(workerUrl)];

    const moved = (name: string, labels?: string) => people.value(name, labels) - before.value(name, labels);
    expect(moved('strokes_acknowledged_total')).toBe(4);
    for (const answer of ['acknowledged', 'patch', 'pixels']) {
      expect([answer, moved(`stroke_${answer}_seconds_count`)]).toEqual([answer, 1]);
    }
    expect(people.value('streams_open')).toBe(1);
    // Counted every ten seconds.
    await expect.poll(async () => (await scraped(serverUrl)).value('assignments_open')).toBe(1);
    const route = '/api/assignments/:assignment/interactions';
    expect(moved('http_request_seconds_count', `method="POST",route="${route}",status="200"`)).toBe(1);
    expect(people.value('queue_pollers', 'kind="activity",queue="extract"')).toBe(1);
    expect(people.value('database_connections', 'state="idle"')).toBeGreaterThan(0);
    expect(people.value('build_info', `node="${process.version}",role="server",version="0.1.0"`)).toBe(1);

    expect(machines.value('images_extracted_total')).toBe(1);
    expect(machines.value('keys_found_total', 'outcome="miss"')).toBe(1);
    expect(machines.value('inference_seconds_count', 'device="cpu"')).toBe(1);
    expect(machines.value('activity_seconds_count', 'activity="answerPatch",outcome="done"')).toBe(1);
    expect(machines.value('s3_request_seconds_count', 'operation="PutObject",outcome="ok"')).toBeGreaterThan(0);
    expect(machines.value('sessions_open')).toBeGreaterThan(0);
    expect(machines.value('session_bytes')).toBeGreaterThan(1e6);
    expect(machines.value('activities_running', 'queue="extract"')).toBe(0);
    work.close();
    annotator.close();
  });

  test('labels name no person, campaign, dataset, assignment or file, and no metric is unheard of', async () => {
    const admin = openApi(serverUrl, key);
    for (let i = 0; i < 20; i++) await fetch(`${serverUrl}/api/campaigns/none-${i}`);
    for (let i = 0; i < 20; i++) await fetch(`${serverUrl}/nowhere/${i}`);
    const people = (await admin('GET', '/api/users')) as { id: string; email: string; name: string }[];
    for (const url of [serverUrl, workerUrl]) {
      const { text } = await scraped(url);
      const words = ['cups', 'coffee', 'broken', 'none-', 'nowhere', s3.bucket, token, secret, key, s3.secretAccessKey];
      for (const word of [...words, ...people.flatMap(({ id, email }) => [id, email])])
        expect(text).not.toContain(word);
      const series = text.split('\n').filter((line) => line.startsWith('saltworks_'));
      expect(series.length).toBeLessThan(1500);
    }
  });

  test('each request has an id, given by a proxy or made, which its answer and its line of log carry', async () => {
    const asked = async (id: string) =>
      (await fetch(`${serverUrl}/api/health`, { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await asked('from-a-proxy.1')).toBe('from-a-proxy.1');
    for (const forged of ['short', 'x'.repeat(65), 'with blank', '{"level":"error"}', 'a;b=cccccc']) {
      expect(await asked(forged)).toMatch(/^[0-9a-f-]{36}$/);
    }
    await server.says('"request":"from-a-proxy.1"');
    const lines = [server, worker].map(({ said }) =>
      said
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
    const line = lines[0].find(({ request }) => request === 'from-a-proxy.1');
    expect(line).toMatchObject({ level: 'info', role: 'server', method: 'GET', route: '/api/health', status: 200 });
    const drawn = lines[0].find(({ route }) => route === '/api/assignments/:assignment/interactions');
    expect(drawn).toMatchObject({ method: 'POST', status: 200, caller: expect.stringMatching(/^[\w-]{22}$/) });
    // Machines ask every few seconds.
    expect(lines[0].filter(({ route }) => ['/healthz', '/readyz', '/metrics'].includes(route))).toEqual([]);
  });

  test('logs hold no secret, no address of a person, no stroke', async () => {
    const people = (await openApi(serverUrl, key)('GET', '/api/users')) as { email: string; name: string }[];
    const { password } = new URL(postgres.url());
    for (const { said } of [server, worker]) {
      for (const word of [token, secret, key, password, s3.secretAccessKey, '"points"', 'cookie', 'bearer'])
        expect(said.toLowerCase()).not.toContain(word.toLowerCase());
      for (const { email } of people) expect(said).not.toContain(email);
    }
  });

  test.each(['database', 'store', 'temporal'])(
    'readiness says that the %s is away, and when it is back',
    async (part) => {
      const needing = part === 'database' ? [serverUrl] : [serverUrl, workerUrl];
      doors[part].shut();
      for (const url of needing) {
        await expect
          .poll(() => ready(url))
          .toMatchObject({ status: 503, body: { ready: false, parts: { [part]: 'fails' } } });
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
      }
      if (part === 'database') expect((await ready(workerUrl)).status).toBe(200);
      expect((await fetch(`${serverUrl}/api/health`)).status).toBe(503);
      const { value } = await scraped(serverUrl);
      expect(value('ready', `part="${part}"`)).toBe(0);
      doors[part].open();
      for (const url of needing)
        await expect.poll(() => ready(url), { timeout: 90_000 }).toMatchObject({ status: 200 });
      await expect.poll(async () => (await fetch(`${serverUrl}/api/health`)).status).toBe(200);
      await server.says(`not ready: ${part}`);
      await server.says('ready again');
    },
  );
});
