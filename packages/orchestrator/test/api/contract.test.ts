import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../dist/db/open.js';
import { freshFolder } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';
import { makeWorld, type World } from './world.ts';

// What people check and drive APIs with, in Python, installed into a folder of its own on first use.
const packages = fileURLToPath(new URL('../../../../.tools/contract', import.meta.url));
const python = process.env.SALTWORKS_PYTHON ?? 'python3';
const env = { ...process.env, PYTHONPATH: packages, NO_COLOR: '1' };

/** @returns why it cannot be had, or nothing */
function install(): string | undefined {
  const done = join(packages, 'saltworks-ready');
  if (existsSync(done)) return;
  const target = [
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary',
    ':all:',
    '--upgrade',
    '--target',
    packages,
  ];
  const wanted = ['schemathesis==4.32.5', 'openapi-spec-validator==0.9.0'];
  const run = spawnSync(python, ['-m', 'pip', 'install', ...target, ...wanted], { env, encoding: 'utf8' });
  if (run.status !== 0) return run.error?.message ?? (run.stderr.trim().split('\n').at(-1) || 'pip failed');
  writeFileSync(done, '');
}

/** Not in this thread: the server answers in it. */
const run = (cwd: string, ...args: string[]) =>
  new Promise<{ code: number; text: string }>((resolve) => {
    execFile(python, args, { cwd, env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr }),
    );
  });

describe('the document, held against the server', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-contract-'));
  const document = join(folder, 'openapi.json');
  let missing: string | undefined;
  let server: TestServer;
  let world: World;
  beforeAll(async () => {
    missing = install();
    if (missing) return console.warn(`skipped, the validators cannot be installed: ${missing}`);
    server = await openServer(await openDatabase(await freshFolder()));
    world = await makeWorld(server);
    const { text } = await server.call('GET', '/api/openapi.json', { key: world.keys.admin });
    writeFileSync(document, text);
  }, 300_000);
  afterAll(async () => {
    await server?.close();
    await server?.deps.database.close();
    rmSync(folder, { recursive: true });
  });

  test('is OpenAPI to openapi-spec-validator', async (context) => {
    if (missing) context.skip(missing);
    expect(await run(folder, '-m', 'openapi_spec_validator', document)).toMatchObject({ code: 0 });
  });

  // Events never end, the others need a Temporal.
  const left = '/(events|attribution|exports|runs|control)$';
  test.for(['admin', 'annotator'] as const)(
    'holds in requests that schemathesis makes as %s',
    async (role, context) => {
      if (missing) context.skip(missing);
      const asked = ['--url', server.url, '-H', `Authorization: Bearer ${world.keys[role]}`];
      const bounded = [
        '--phases',
        'coverage,fuzzing',
        '--max-examples',
        '3',
        '--seed',
        '1',
        '--generation-deterministic',
      ];
      const { code, text } = await run(
        folder,
        ...['-m', 'schemathesis.cli', 'run', document, ...asked, ...bounded, '--checks', 'all'],
        ...['--exclude-path-regex', left, '--no-color'],
      );
      expect(code, text).toBe(0);
    },
  );
});
