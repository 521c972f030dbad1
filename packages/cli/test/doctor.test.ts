/** What the doctor says of a deployment with one thing wrong, each of them real: servers, proxies, files and disks. */
import { execFile } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { migrations } from '@saltworks/orchestrator/db/migrations';
import { openDatabase } from '@saltworks/orchestrator/db/open';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { s3Store } from '@saltworks/store/objects/s3/s3-store';
import { setQuota } from '@saltworks/store/storage/level';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPostgres, type PostgresServer, startPostgres } from '../../orchestrator/test/postgres.ts';
import { openTemporal } from '../../orchestrator/test/temporal.ts';
import { ignoreConditions, startFaultProxy } from '../../store/test/objects/faults.ts';
import { findS3, type S3Server, startS3 } from '../../store/test/objects/server.ts';
import { canMount, mountSmallDisk } from '../../store/test/objects/small-disk.ts';
import { examine, type Finding, ok } from '../src/doctor/check.ts';
import { skewOf } from '../src/doctor/clock.ts';
import { openDeployment } from '../src/doctor/deployment.ts';
import { bitsOf } from '../src/doctor/secrets.ts';
import { checkServer } from '../src/doctor/server.ts';
import { readSettings } from '../src/settings.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const main = join(root, 'packages/cli/dist/main.js');
const home = mkdtempSync(join(tmpdir(), 'saltworks-doctor-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(SALTWORKS|AWS)_/.test(name) || name.startsWith('SALTWORKS_TEST')),
);

interface Told {
  rc: number;
  findings: Finding[];
  text: string;
  of(code: string): Finding | undefined;
}

/** Runs the command as people do. */
function doctor(env: Record<string, string>, ...args: string[]): Promise<Told> {
  const settings = { ...clean, SALTWORKS_HOME: home, SALTWORKS_PORT: '1', ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'doctor', '--json', ...args], { env: settings }, (error, stdout, stderr) => {
      const { findings } = JSON.parse(stdout) as { findings: Finding[] };
      const rc = Number(error?.code ?? 0);
      const of = (code: string) =>
        findings.find((each) => each.code === code && each.level !== 'ok') ??
        findings.find((each) => each.code === code);
      resolve({ rc, findings, text: stdout + stderr, of });
    });
  });
}

describe('a home', () => {
  test('without anything wrong has no failure, and exit code 0', async () => {
    const told = await doctor({});
    expect([told.rc, told.findings.filter(({ level }) => level === 'fails')]).toEqual([0, []]);
    expect(told.of('temporal')?.found).toContain('no stack runs on');
  });

  test('settings that cannot be used, or that nobody reads, are told of', async () => {
    const refused = await doctor({ SALTWORKS_TEMPORAL_ADDRESS: 'nowhere' });
    expect([refused.rc, refused.findings]).toEqual([
      1,
      [
        {
          ...{ code: 'settings', level: 'fails', mend: 'the environment of this process' },
          found: 'SALTWORKS_TEMPORAL_ADDRESS=nowhere; expected host:port',
        },
      ],
    ]);
    const misspelt = await doctor({ SALTWORKS_QOUTA: '3TB' }, '--strict');
    expect(misspelt.of('settings')).toMatchObject({
      level: 'warning',
      found: 'SALTWORKS_QOUTA is set, and nobody reads it',
    });
    expect(misspelt.rc).toBe(1);
  });

  test('a secret that is easy to guess, and secrets that others may read, are told of and never shown', async () => {
    const open = mkdtempSync(join(tmpdir(), 'saltworks-open-'));
    writeFileSync(join(open, 'secret'), 'x'.repeat(40), { mode: 0o644 });
    const secret = 'salt'.repeat(9);
    const told = await doctor({ SALTWORKS_HOME: open, SALTWORKS_SECRET: secret });
    expect(told.of('secret')).toMatchObject({ level: 'fails', found: 'easy to guess: about 72 bits' });
    expect(told.of('secret.files')).toMatchObject({
      level: 'fails',
      found: `${join(open, 'secret')} is readable by others (644)`,
    });
    expect(told.text).not.toContain(secret);
    rmSync(open, { recursive: true });
  });

  test('a model that was altered is told of', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'saltworks-models-'));
    mkdirSync(join(folder, 'models'));
    const file = join(folder, 'models/dinov2-small-focus.onnx');
    copyFileSync(join(root, 'spec/golden/exports/dinov3_hf_sdpa_dynamo_size.onnx'), file);
    appendFileSync(file, 'x');
    const { of } = await doctor({ SALTWORKS_HOME: folder }, '--role', 'worker');
    expect(of('models')).toMatchObject({
      level: 'fails',
      found: expect.stringMatching(/has sha256 [0-9a-f]{64}; expected/),
    });
    rmSync(folder, { recursive: true });
  });

  test('CUDA that was asked for and is not there', async () => {
    const { of } = await doctor({}, '--device', 'cuda');
    expect(of('gpu')).toMatchObject({ level: 'fails', found: expect.stringContaining('no CUDA here') });
  });

  test('a quota that is nearly used up, and one that is', async () => {
    const store = fileStore(join(home, 'objects'));
    const usage = { version: 1, counted: '2026-01-01T00:00:00.000Z', seconds: 1, objects: 1, parts: [] };
    const told = async (bytes: number) => {
      await store.put('storage/usage.json', JSON.stringify({ ...usage, bytes }));
      await setQuota(store, 1000);
      return (await doctor({})).of('storage');
    };
    expect(await told(799)).toMatchObject({ level: 'ok' });
    expect(await told(800)).toMatchObject({
      level: 'warning',
      found: expect.stringContaining('800 B, 80 % of its quota of 1 kB'),
    });
    expect(await told(1000)).toMatchObject({ level: 'fails' });
    await store.delete('storage/quota.json');
  });
});

const mounts = canMount();
test.skipIf(!mounts)(`a disk that is full${mounts ? '' : ' (skipped: nothing can be mounted)'}`, async () => {
  const disk = mountSmallDisk(20);
  try {
    const small = join(disk.folder, 'home');
    mkdirSync(small);
    disk.fill();
    const { of } = await doctor({ SALTWORKS_HOME: small });
    expect(of('disk.home')).toMatchObject({
      level: 'fails',
      found: expect.stringContaining(`no room in ${small}: 0 B free`),
    });
    expect(of('store')).toMatchObject({ level: 'fails', found: expect.stringContaining('no room in') });
  } finally {
    disk.unmount();
  }
});

const hasS3 = findS3();
describe.skipIf(!hasS3)('a bucket', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server?.stop());

  const bucket = () => s3Store({ ...server, credentials: server });
  const env = (given: Record<string, string> = {}) => ({
    SALTWORKS_STORE: `s3://${server.bucket}/doctor`,
    SALTWORKS_S3_ENDPOINT: server.endpoint,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    ...given,
  });

  test('that works: rights, conditions, parts and ranges, clock; and nothing stays behind', async () => {
    const told = await doctor(env());
    const said = told.findings
      .filter(({ code }) => code.startsWith('store'))
      .map(({ code, level }) => `${code} ${level}`);
    expect(said).toEqual(['store ok', 'store.clock ok', 'store.conditions ok', 'store.parts ok']);
    const left = [];
    for await (const { key } of bucket().list('doctor/probes/')) left.push(key);
    expect(left).toEqual([]);
  });

  test('whose credentials are wrong; the secret is not told', async () => {
    const secret = 'wrong-secret-key-of-this-test';
    const told = await doctor(env({ AWS_SECRET_ACCESS_KEY: secret }));
    expect(told.of('store')).toMatchObject({ level: 'fails', mend: expect.stringContaining('credentials') });
    expect([told.rc, told.text.includes(secret)]).toEqual([1, false]);
  });

  test('that is not there', async () => {
    const { of } = await doctor(env({ SALTWORKS_STORE: 's3://no-such-bucket-here' }));
    expect(of('store')).toMatchObject({ level: 'fails', found: expect.stringContaining('no bucket') });
  });

  test('of a server that ignores If-None-Match', async () => {
    const proxy = await startFaultProxy(server.endpoint);
    ignoreConditions(proxy, (key, body) => bucket().put(key, body));
    const { of, rc } = await doctor(env({ SALTWORKS_S3_ENDPOINT: proxy.endpoint }));
    await proxy.stop();
    expect(of('store.conditions')).toMatchObject({
      level: 'fails',
      found: expect.stringContaining('ignores If-None-Match'),
    });
    expect([rc, of('store')?.level]).toEqual([1, 'ok']);
  });
});

const hasPostgres = findPostgres();
describe.skipIf(!hasPostgres)('a PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server?.stop());
  const told = async (url: string) => {
    const { of, text } = await doctor({ SALTWORKS_DATABASE: url });
    const { password } = new URL(url);
    expect(password !== '' && text.includes(password)).toBe(false);
    return of;
  };

  test('whose tables lack migrations, has them all, or needs a newer version', async () => {
    expect((await told(server.url()))('database.migrations')).toMatchObject({
      ...{ level: 'fails', found: `${migrations.length} missing, the first ${migrations[0].name}` },
      mend: expect.stringContaining('saltworks migrate'),
    });
    const database = await openDatabase(server.url());
    const well = await told(server.url());
    expect(
      ['database', 'database.version', 'database.clock', 'database.migrations'].map((code) => well(code)?.level),
    ).toEqual(Array(4).fill('ok'));
    await database.db.insertInto('migration').values({ name: '9999 of tomorrow' }).execute();
    await database.close();
    expect((await told(server.url()))('database.migrations')).toMatchObject({
      ...{ level: 'fails', found: expect.stringContaining('9999 of tomorrow, of a newer version') },
    });
  });

  test('whose password or database is wrong, or that is down', async () => {
    const wrong = new URL(server.url());
    wrong.password = 'not-the-password-of-it';
    expect((await told(wrong.href))('database')).toMatchObject({
      level: 'fails',
      mend: expect.stringContaining('user and password'),
    });
    expect((await told(server.url('nowhere')))('database')).toMatchObject({
      level: 'fails',
      mend: expect.stringContaining('createdb'),
    });
    await server.kill();
    expect((await told(server.url()))('database')).toMatchObject({
      ...{ level: 'fails', mend: 'host and port in SALTWORKS_DATABASE, the network, or PostgreSQL' },
    });
  });
});

describe('a deployment with a Temporal elsewhere', () => {
  test('Temporal that is down; a namespace that is missing; queues that nobody polls', async () => {
    const down = await doctor({ SALTWORKS_TEMPORAL_ADDRESS: '127.0.0.1:1' }, '--role', 'worker');
    expect(down.of('temporal')).toMatchObject({
      level: 'fails',
      found: expect.stringContaining('127.0.0.1:1 does not answer'),
    });
    const environment = await openTemporal();
    try {
      const address = environment.connection.options.address;
      const env = { SALTWORKS_TEMPORAL_ADDRESS: address, SALTWORKS_TEMPORAL_NAMESPACE: 'nowhere' };
      const missing = await doctor(env, '--role', 'worker');
      expect(missing.of('temporal')?.level).toBe('ok');
      expect(missing.of('temporal.namespace')).toMatchObject({
        level: 'fails',
        found: `no namespace nowhere at ${address}`,
      });
      const alone = await doctor({ SALTWORKS_TEMPORAL_ADDRESS: address }, '--role', 'worker');
      expect(
        alone.findings.filter(({ code }) => code === 'queues').map(({ level, found }) => `${level} ${found}`),
      ).toContain('fails nobody polls saltworks-workflows');
      expect(alone.of('server')).toMatchObject({ level: 'fails', found: expect.stringContaining('does not answer') });
    } finally {
      await environment.teardown();
    }
  });
});

describe('an OpenID Connect provider', () => {
  const serve = (body: object) =>
    new Promise<Server>((open) => {
      const server = createServer((_, answer) => answer.end(JSON.stringify(body)));
      server.listen(0, '127.0.0.1', () => open(server));
    });

  test('of another issuer, or that is down', async () => {
    const server = await serve({
      issuer: 'https://other.example.org',
      authorization_endpoint: 'https://other.example.org/in',
    });
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = {
      SALTWORKS_OIDC_ISSUER: issuer,
      SALTWORKS_OIDC_CLIENT_ID: 'salt',
      SALTWORKS_OIDC_CLIENT_SECRET: 'a secret of oidc',
    };
    expect((await doctor(env)).of('oidc')).toMatchObject({
      ...{ level: 'fails', mend: 'SALTWORKS_OIDC_ISSUER=https://other.example.org' },
    });
    await new Promise((closed) => server.close(closed));
    expect((await doctor(env)).of('oidc')).toMatchObject({ level: 'fails' });
  });
});

describe('in itself', () => {
  test.each([
    [4_000, 'ok', "within 5 s of the store's"],
    [-20_000, 'warning', "20 s ahead of the store's"],
    [90_000, 'fails', "90 s behind the store's"],
  ])('a clock that is %d ms ahead of ours: %s', (ms, level, found) => {
    expect(skewOf('c', 'the store', ms)).toMatchObject({ level, found });
  });

  test('the bits of a secret are its entropy', () => {
    expect(bitsOf('a'.repeat(64))).toBe(0);
    expect(bitsOf('ab'.repeat(16))).toBe(32);
    expect(bitsOf('0123456789abcdef'.repeat(2))).toBe(128);
  });

  test('a check that takes too long, or breaks off, fails alone', async () => {
    const found = [];
    const checks = {
      slow: () => new Promise<Finding[]>(() => {}),
      broken: async () => {
        throw new Error('two\nlines');
      },
      well: async () => [ok('well', 'all')],
    };
    for await (const each of examine({} as never, checks, 50)) found.push(`${each.level} ${each.code} ${each.found}`);
    expect(found).toEqual(['fails slow no answer within 0.05 s', 'fails broken two lines', 'ok well all']);
  });
});

test('the address of the page has to be encrypted, whatever way the command takes', async () => {
  const codes = async (env: Record<string, string>) => {
    const settings = readSettings({ SALTWORKS_HOME: home, SALTWORKS_TEMPORAL_ADDRESS: '127.0.0.1:1', ...env });
    const place = await openDeployment(settings, { part: 'server', device: 'cpu' });
    const findings = await checkServer(place, AbortSignal.timeout(5_000));
    return findings.map(({ code }) => code).filter((code) => code === 'server.url');
  };
  const beside = 'http://server.invalid:7300';
  expect(await codes({ SALTWORKS_URL: 'https://salt.example.org', SALTWORKS_SERVER: beside })).toEqual([]);
  expect(await codes({ SALTWORKS_URL: 'http://localhost:8080', SALTWORKS_SERVER: beside })).toEqual([]);
  const open = { SALTWORKS_URL: 'http://salt.example.org', SALTWORKS_SERVER: 'http://127.0.0.1:1' };
  expect(await codes(open)).toEqual(['server.url']);
});
