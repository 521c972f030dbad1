// Server and worker as they run apart: against somebody's Temporal, on homes that are not there yet.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@saltworks/cli/stack/temporal';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openTemporal } from '../../orchestrator/test/temporal.ts';

const command = fileURLToPath(new URL('../../../saltworks', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'saltworks-roles-'));
const secret = 'known to this test and nobody else';
let temporal: TestWorkflowEnvironment;
let env: NodeJS.ProcessEnv;

interface Running {
  child: ChildProcess;
  said: string;
}
const running: Running[] = [];

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const role: Running = { child, said: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      role.said += text;
    });
  }
  running.push(role);
  return role;
}

const saysInTime = (role: Running, text: string) =>
  vi.waitFor(() => expect(role.said).toContain(text), { timeout: 50_000, interval: 100 });

function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim();
}

beforeAll(async () => {
  temporal = await openTemporal();
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('SALTWORKS_'));
  env = {
    ...Object.fromEntries(clean),
    SALTWORKS_HOME: join(folder, 'a/home'),
    SALTWORKS_TEMPORAL_ADDRESS: temporal.address,
    SALTWORKS_PORT: String(await freePort()),
    SALTWORKS_SECRET: secret,
  };
});
afterAll(async () => {
  for (const { child } of running) {
    if (child.exitCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
  }
  await temporal?.teardown();
  rmSync(folder, { recursive: true, force: true });
});

test('they make their home, and say that they are ready, and for what', async () => {
  const worker = start('worker', '--roles', 'extract,annotate');
  const server = start('server');
  await saysInTime(worker, `worker: ready for extract, annotate, as ${worker.child.pid}@`);
  for (const each of ['saltworks-extract', temporal.address, 'namespace default', join(folder, 'a/home/objects')]) {
    expect(worker.said).toContain(each);
  }
  await saysInTime(server, `server: ready at http://127.0.0.1:${env.SALTWORKS_PORT} (Temporal ${temporal.address}`);
  expect(statSync(join(folder, 'a/home')).mode & 0o777).toBe(0o700);
});

test('the log of a server holds no link, but says how to get one: by who knows its secret', async () => {
  const [, server] = running;
  await saysInTime(server, '"saltworks account link" with this environment prints a link');
  expect(server.said).not.toContain('token=');
  const link = run('account', 'link');
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S*token=/);
  expect(server.said).not.toContain('token=');
});

test('who owns the server gets in when the first administrator is ended, and every key with it', async () => {
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
