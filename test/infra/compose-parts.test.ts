/** What compose.yaml runs beside Saltworks, as far as there is without Docker: SQL, scripts, and the S3 server's command. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readSettings, silenceSdk } from '@saltworks/cli/settings';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { openStoreToWrite } from '@saltworks/store/objects/open';
import { checkStore } from '@saltworks/store/objects/probe';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { findPostgres, startPostgres } from '../../packages/orchestrator/test/postgres.ts';
import { findS3 } from '../../packages/store/test/objects/server.ts';
import { compose, root } from './compose.ts';
import { findPromtool } from './promtool.ts';

silenceSdk();
const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'saltworks-compose-'));
const secrets = join(scratch, 'secrets');
const parts = join(root, 'infra/compose');
const secret = async (name: string) => (await run('cat', [join(secrets, name)])).stdout;
const { PATH, HOME } = process.env;

beforeAll(async () => {
  await run(process.execPath, [join(root, 'infra/init-secrets.mjs'), secrets]);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const postgres = findPostgres();
test.skipIf(!postgres)(
  'roles.sql gives Saltworks and Temporal databases of their own, which the other cannot open',
  async () => {
    const server = await startPostgres();
    try {
      const { hostname, port } = new URL(server.url());
      const as = (user: string, pass: string, database: string, ...args: string[]) =>
        run(
          join(postgres!, 'psql'),
          ['-v', 'ON_ERROR_STOP=1', '-h', hostname, '-p', port, '-d', database, '-tA', ...args],
          {
            env: { PATH, HOME, PGUSER: user, PGPASSWORD: pass, SECRETS: secrets },
          },
        );
      // The superuser of the tests has the name of the role to be.
      await server.run("create role postgres superuser login password 'made'");
      await as('postgres', 'made', 'postgres', '-c', 'alter role saltworks rename to bootstrap');
      await as('postgres', 'made', 'postgres', '-f', join(parts, 'roles.sql'));
      for (const [user, database] of [
        ['saltworks', 'saltworks'],
        ['temporal', 'temporal'],
        ['temporal', 'temporal_visibility'],
      ]) {
        const own = await secret(user === 'saltworks' ? 'database-password' : 'temporal-password');
        const other = user === 'saltworks' ? 'temporal' : 'saltworks';
        expect((await as(user, own, database, '-c', 'create table t (); select current_user')).stdout).toContain(user);
        await expect(as(user, own, other, '-c', 'select 1')).rejects.toThrow(/permission denied for database/);
        await expect(as(user, 'wrong', database, '-c', 'select 1')).rejects.toThrow(/password authentication failed/);
      }
    } finally {
      await server.stop();
    }
  },
);

test('namespace.sh makes the namespace once Temporal answers, and is content with one that is there', async () => {
  const binary = await temporalBinary(readSettings({ SALTWORKS_HOME: join(root, '.saltworks'), ...process.env }));
  const port = await freePort();
  const temporal = spawnTemporal(binary, { home: scratch, env: process.env }, port);
  const { TEMPORAL_NAMESPACE } = compose.services.namespace.environment!;
  const env = {
    PATH: `${join(binary, '..')}:${PATH}`,
    HOME: scratch,
    TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    TEMPORAL_NAMESPACE,
  };
  try {
    // As in compose: it may be asked before Temporal listens.
    const first = await run('sh', [join(parts, 'namespace.sh')], { env });
    expect(first.stdout).toContain(`Namespace ${TEMPORAL_NAMESPACE} successfully registered`);
    const second = await run('sh', [join(parts, 'namespace.sh')], { env });
    expect(second.stdout).not.toContain('registered');
    await waitForTemporal(env.TEMPORAL_ADDRESS);
  } finally {
    temporal.kill('SIGKILL');
  }
});

/** SeaweedFS listens 10,000 above each port, too. */
async function lowPort(): Promise<number> {
  const port = await freePort();
  return port < 55_000 ? port : lowPort();
}

const s3 = findS3();
test.skipIf(s3?.kind !== 'seaweedfs')(
  'the S3 server makes the bucket, takes our keys alone, and honours conditional writes',
  async () => {
    const { command, environment } = { environment: {}, ...compose.services.objects };
    expect(environment).toEqual({});
    const ports = await Promise.all(Array.from({ length: 5 }, lowPort));
    const own = new Map([
      ['-dir=/data', `-dir=${scratch}`],
      ['-ip=objects', '-ip=127.0.0.1'],
      ['-ip.bind=0.0.0.0', '-ip.bind=127.0.0.1'],
      ['-s3.port=8333', `-s3.port=${ports[0]}`],
      ['-s3.config=/run/secrets/s3.json', `-s3.config=${join(secrets, 's3.json')}`],
    ]);
    for (const wanted of own.keys()) expect(command).toContain(wanted);
    const others = ['master', 'filer', 'volume', 'admin'].map((role, i) => `-${role}.port=${ports[i + 1]}`);
    const args = [...command!.map((arg) => own.get(arg) ?? arg), ...others];
    const weed = spawn(s3!.binary, args, { cwd: scratch, stdio: 'ignore', env: { PATH, HOME: scratch } });
    const reach = async (secretAccessKey: string) => {
      const settings = readSettings({
        SALTWORKS_S3_ENDPOINT: `http://127.0.0.1:${ports[0]}`,
        SALTWORKS_S3_REGION: 'us-east-1',
        SALTWORKS_S3_FORCE_PATH_STYLE: '1',
        AWS_ACCESS_KEY_ID: await secret('s3-access-key'),
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
      });
      const { SALTWORKS_STORE } = compose.services.server.environment!;
      return checkStore(await openStoreToWrite(SALTWORKS_STORE, settings.s3));
    };
    try {
      const key = await secret('s3-secret-key');
      const health = compose.services.objects.healthcheck!.test.at(-1)!.replace(':8333', `:${ports[0]}`);
      await vi.waitFor(async () => expect((await fetch(health)).status).toBe(200), { timeout: 40_000, interval: 100 });
      await vi.waitFor(async () => expect(await reach(key)).toMatch(/^[0-9a-f-]{36}$/), {
        timeout: 20_000,
        interval: 200,
      });
      await expect(reach('a key that is wrong')).rejects.toThrow();
    } finally {
      weed.kill('SIGKILL');
    }
  },
);

const promtool = findPromtool();
test.skipIf(!promtool)('Prometheus takes its configuration, and reads our alerts and its token by it', async () => {
  const config = readFileSync(join(parts, 'prometheus.yaml'), 'utf8');
  const { configs } = compose.services.prometheus;
  const alerts = configs!.find(({ source }) => source === 'alerts')!.target;
  expect(config).toContain(alerts);
  const own = join(scratch, 'prometheus.yaml');
  writeFileSync(
    own,
    config
      .replace(alerts, join(root, 'infra', compose.configs.alerts.file))
      .replaceAll('/run/secrets/metrics-token', join(secrets, 'metrics-token')),
  );
  const { stdout } = await run(promtool!, ['check', 'config', own]);
  expect(stdout).toMatch(/rules found/);
  const names = config.match(/names: \[(.*)\]/g)!.flatMap((line) => line.slice(8, -1).split(', '));
  for (const name of names) expect(compose.services).toHaveProperty(name);
});
