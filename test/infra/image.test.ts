/** Runs the Dockerfile's steps in an empty folder, since there is no Docker here, and then what they make. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings } from '@saltworks/cli/settings';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPostgres, type PostgresServer, startPostgres } from '../../packages/orchestrator/test/postgres.ts';
import { type Role, startRoleOf } from '../roles.ts';
import { ignoring, readDockerfile, readText, runStage } from './dockerfile.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'saltworks-image-'));
const image = join(scratch, 'image');
const app = join(image, 'src', 'app');
const launcher = join(image, 'usr/local/bin/saltworks');
/** The backbone of the clone, as a mirror. */
const models = join(root, '.saltworks', 'models');

/** Files of the clone that the build sees. Folders that are never seen are not looked into, since they are large. */
function context(): string[] {
  const ignored = ignoring(readText(join(root, 'infra/docker/Dockerfile.dockerignore')));
  const unseen = new Set(['node_modules', '.git', '.saltworks', '.tools', '.turbo', 'dist']);
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      if (unseen.has(entry.name)) return [];
      const path = join(folder, entry.name);
      return entry.isDirectory() ? walk(path) : [relative(root, path)];
    });
  return walk(root).filter((file) => !ignored(file));
}

/** As in an image: nothing of this machine's environment but where programs are, and pnpm's store. */
const plain = { PATH: `${image}/usr/local/bin:${process.env.PATH}`, HOME: process.env.HOME };

beforeAll(() => {
  const { stages } = readDockerfile(readText(join(root, 'infra/docker/Dockerfile')));
  const env = {
    ...plain,
    npm_config_prefix: `${image}/usr/local`,
    npm_config_prefer_offline: 'true',
    // What this test built before from the same sources is not built again.
    TURBO_CACHE_DIR: join(root, '.turbo', 'images'),
  };
  runStage(stages.find(({ name }) => name === 'build')!, image, { root, files: context() }, env);
  // As the stage `runtime` does.
  symlinkSync(join(app, 'saltworks'), launcher);
}, 1_200_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }), 60_000);

const saltworks = (...args: string[]) =>
  spawnSync(process.execPath, [launcher, ...args], {
    env: { ...plain, SALTWORKS_HOME: join(scratch, 'home'), SALTWORKS_MODELS: models },
    encoding: 'utf8',
  });

describe('the tree of an image', () => {
  test('holds what runs, and neither tools, nor tests, nor sources, nor binaries of other machines', () => {
    const stored = readdirSync(join(app, 'node_modules', '.pnpm'));
    for (const tool of ['typescript@', 'turbo@', 'vitest@', 'vite@', 'assemblyscript@', 'react@', '@biomejs+']) {
      expect(stored.filter((name) => name.startsWith(tool))).toEqual([]);
    }
    expect(existsSync(join(app, 'packages/cli/src'))).toBe(false);
    expect(readdirSync(app).sort()).toEqual(
      [
        'healthy.mjs',
        'node_modules',
        'package.json',
        'packages',
        'pnpm-lock.yaml',
        'pnpm-workspace.yaml',
        'saltworks',
      ].sort(),
    );
    // Python's side of what is done in Python.
    for (const script of ['backbone/export-backbone.py', 'lab/peers.py']) {
      expect(existsSync(join(app, 'packages', script))).toBe(true);
    }
    const files = readdirSync(app, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const foreign = files.filter(({ name }) => /\.(dll|dylib|exe)$/.test(name)).map(({ name }) => name);
    expect(foreign).toEqual([]);
  });

  test.each(['server', 'worker', 'migrate', 'dataset'])('%s --help answers', (command) => {
    const { status, stdout, stderr } = saltworks(command, '--help');
    expect(stderr).toBe('');
    expect(stdout).toContain(`saltworks ${command}`);
    expect(status).toBe(0);
  });

  test.skipIf(!existsSync(join(models, 'dinov2-small-focus.onnx')))('infers: a picture becomes a mask', () => {
    const examples = join(root, 'examples');
    const { stderr, status } = saltworks(
      ...['segment', join(examples, 'images/astronaut.jpg'), '--scribbles', join(examples, 'scribbles/astronaut.json')],
      ...['--out', join(scratch, 'masks')],
    );
    expect(status, stderr).toBe(0);
  });
});

describe.skipIf(!findPostgres())('a server and a worker of the image', () => {
  let postgres: PostgresServer;
  let temporal: ReturnType<typeof spawnTemporal>;
  const started: Role[] = [];
  let address: string;

  beforeAll(async () => {
    postgres = await startPostgres();
    const port = await freePort();
    address = `127.0.0.1:${port}`;
    const binary = await temporalBinary(readSettings({ SALTWORKS_HOME: join(root, '.saltworks'), ...process.env }));
    temporal = spawnTemporal(binary, { home: scratch, env: process.env }, port);
    await waitForTemporal(address, 60_000);
  }, 120_000);
  afterAll(async () => {
    for (const role of started.reverse()) await role.end();
    temporal?.kill('SIGKILL');
    await postgres?.stop();
  }, 60_000);

  const env = (name: string) => ({
    ...plain,
    NODE_ENV: 'production',
    SALTWORKS_HOME: join(scratch, name),
    SALTWORKS_TEMPORAL_ADDRESS: address,
    SALTWORKS_STORE: join(scratch, 'objects'),
    SALTWORKS_DATABASE: postgres.url(),
    SALTWORKS_SECRET: 'a secret that only this test knows',
    SALTWORKS_MODELS: models,
  });

  test('answer as healthy to the check of their images, serve the page, let the first administrator in, and write to their homes alone', async () => {
    const [port, workerPort] = [await freePort(), await freePort()];
    const files = readdirSync(app, { recursive: true }).length;
    const serverEnv = {
      ...env('server'),
      SALTWORKS_PORT: String(port),
      SALTWORKS_URL: 'https://salt.example.org',
      SALTWORKS_SERVER: `http://127.0.0.1:${port}`,
    };
    const server = startRoleOf(launcher, serverEnv, 'server');
    const worker = startRoleOf(
      launcher,
      { ...env('worker'), SALTWORKS_WORKER_PORT: String(workerPort) },
      'worker',
      '--device',
      'cpu',
    );
    started.push(server, worker);
    await server.says('server: ready');
    await worker.says('worker: ready');
    const healthy = (url: string) => spawnSync(process.execPath, [join(app, 'healthy.mjs'), url]).status;
    expect(healthy(`http://127.0.0.1:${port}/healthz`)).toBe(0);
    expect(healthy(`http://127.0.0.1:${port}/readyz`)).toBe(0);
    expect(healthy(`http://127.0.0.1:${workerPort}/healthz`)).toBe(0);
    expect(healthy(`http://127.0.0.1:${await freePort()}/healthz`)).toBe(1);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const link = spawnSync(process.execPath, [launcher, 'account', 'link'], { env: serverEnv, encoding: 'utf8' });
    expect(link.stdout, link.stderr).toMatch(/^https:\/\/salt\.example\.org\/\S+\n$/);
    for (const role of started.splice(0)) {
      await role.end();
      expect(role.child.exitCode, role.said).toBe(0);
    }
    // The root file system may be read-only.
    expect(readdirSync(app, { recursive: true }).length).toBe(files);
  }, 300_000);
});
