// Server and worker as they run apart: against somebody's Temporal, on homes that are not there yet.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import { freePort } from '@saltworks/cli/stack/temporal';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command, plainEnv, type Role, startRole } from '../../../test/roles.ts';
import { openTemporal } from '../../orchestrator/test/temporal.ts';

const folder = mkdtempSync(join(tmpdir(), 'saltworks-roles-'));
const secret = 'known to this test and nobody else';
let temporal: TestWorkflowEnvironment;
let env: NodeJS.ProcessEnv;

const running: Role[] = [];
function start(...args: string[]): Role {
  const role = startRole(env, ...args);
  running.push(role);
  return role;
}

function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim();
}

beforeAll(async () => {
  temporal = await openTemporal();
  env = {
    ...plainEnv(),
    SALTWORKS_HOME: join(folder, 'a/home'),
    SALTWORKS_TEMPORAL_ADDRESS: temporal.address,
    SALTWORKS_PORT: String(await freePort()),
    SALTWORKS_SECRET: secret,
    // It has no pip: no backbone can be fetched.
    SALTWORKS_PYTHON: 'nowhere',
  };
});
afterAll(async () => {
  for (const role of running) await role.end();
  await temporal?.teardown();
  rmSync(folder, { recursive: true, force: true });
});

test('a role creates its home and reports that it is ready, and for which work', async () => {
  const worker = start('worker', '--roles', 'extract,annotate');
  const server = start('server');
  await worker.says(`worker: ready for extract, annotate, as ${worker.child.pid}@`);
  for (const each of ['saltworks-extract', temporal.address, 'namespace default', join(folder, 'a/home/objects')]) {
    expect(worker.said).toContain(each);
  }
  await server.says(`server: ready at http://127.0.0.1:${env.SALTWORKS_PORT} (Temporal ${temporal.address}`);
  expect(statSync(join(folder, 'a/home')).mode & 0o777).toBe(0o700);
});

test('a server’s log holds no sign-in link, but says how the operator gets one', async () => {
  const [, server] = running;
  await server.says('"saltworks account link" with this environment prints a link');
  expect(server.said).not.toContain('token=');
  const link = run('account', 'link');
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S*token=/);
  expect(server.said).not.toContain('token=');
});

test('the operator still gets in after the first administrator is disabled with every key', async () => {
  const api = async (method: string, path: string, key: string, body?: unknown) => {
    const answer = await fetch(`http://127.0.0.1:${env.SALTWORKS_PORT}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as { id?: string; email?: string; error?: string } };
  };
  const first = run('account', 'key', '--name', 'first');
  const { id } = (await api('GET', '/api/me', first)).body;
  const refused = await api('PATCH', `/api/users/${id}`, first, { disabled: true });
  expect(refused).toMatchObject({ status: 409, body: { error: expect.stringContaining('the last administrator') } });
  await api('POST', '/api/users', first, { email: 'two@example.org', name: 'Two', role: 'admin' });
  expect(await api('PATCH', `/api/users/${id}`, first, { disabled: true })).toMatchObject({ status: 200 });
  expect(await api('GET', '/api/me', first)).toMatchObject({ status: 401 });
  const second = run('account', 'key', '--name', 'second');
  expect((await api('GET', '/api/me', second)).body).toMatchObject({ email: 'two@example.org' });
});

/** A command that ends by itself. @param more of the environment */
function ends(more: NodeJS.ProcessEnv, ...args: string[]): Promise<{ status: number | null; said: string }> {
  const child = spawn(process.execPath, [command, ...args], { env: { ...env, ...more } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, said })));
}

test('a role that cannot work refuses to start with one line', async () => {
  const nobody = `127.0.0.1:${await freePort()}`;
  const s3 = { SALTWORKS_S3_ENDPOINT: `http://${nobody}`, AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const cases = [
    ['worker', { SALTWORKS_TEMPORAL_NAMESPACE: 'nowhere' }, 2, 'no namespace nowhere at Temporal'],
    ['worker', { SALTWORKS_STORE: join(folder, 'elsewhere') }, 2, 'has another store'],
    ['worker', { SALTWORKS_STORE: 's3://salt', ...s3 }, 1, 'store s3://salt: creating probes/'],
    ['worker', { SALTWORKS_TEMPORAL_ADDRESS: nobody }, 1, `no answer from Temporal at ${nobody}`],
    [
      'server',
      { SALTWORKS_DATABASE: `postgres://u:secret@${nobody}/salt` },
      1,
      `database ${nobody}/salt: connect ECONN`,
    ],
  ] as const;
  const check = async ([role, more, status, text]: (typeof cases)[number]) => {
    const ended = await ends(more, role);
    expect(ended.said, text).toContain(text);
    expect(ended.said.trim().split('\n'), ended.said).toHaveLength(1);
    expect(ended.status, text).toBe(status);
  };
  await Promise.all(cases.map(check));
}, 120_000);

test('a run names the missing worker, continues when it comes, and ends with the worker’s reason if it cannot work', async () => {
  const [worker] = running;
  const images = join(folder, 'images');
  mkdirSync(images);
  writeFileSync(
    join(images, 'a.png'),
    await encodePng(new Uint8Array(48).fill(99), { width: 4, height: 4, channels: 3 }),
  );
  run('dataset', 'import', images, '--name', 'pans');
  const extract = start('extract', 'pans', '--attempts', '2', '--json');
  await extract.says('{"waiting":{"queue":"saltworks-propagate"');
  start('worker', '--roles', 'propagate');
  await worker.says('extractShard of extract/pans/dinov2-small-focus failed, attempt 1: backbone dinov2-small-focus');
  const ended = new Promise((resolve) => extract.child.once('exit', resolve));
  expect(extract.child.exitCode ?? (await ended)).toBe(1);
  expect(extract.said).toMatch(
    /saltworks: backbone dinov2-small-focus: no nowhere; .*given up, as no attempt succeeded/,
  );
  expect(worker.said).toContain('saltworks-extract is left to others for 1 s');
}, 120_000);
