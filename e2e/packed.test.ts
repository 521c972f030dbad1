/** The command from its tarball alone: installed by npm elsewhere, used without the clone. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '@saltworks/telemetry/version';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pack } from '../scripts/pack.mjs';
import { root, saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-packed-'));
const command = join(scratch, 'prefix/bin/saltworks');
const installed = join(scratch, 'prefix/lib/node_modules/@saltworks/cli');
/** Of a user who has nothing of ours yet but the backbone and Temporal's binary, which other tests fetch. */
const user = join(scratch, 'user');
const { SALTWORKS_HOME: shared = join(root, '.saltworks'), ...inherited } = process.env;
const env = { ...inherited, HOME: user };
let stack: ChildProcess | undefined;

beforeAll(() => {
  const tarball: string = pack(join(scratch, 'out'));
  const install = ['install', '--global', '--prefix', join(scratch, 'prefix'), '--prefer-offline', '--no-audit'];
  const { status, stderr } = spawnSync('npm', [...install, tarball], { cwd: scratch, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  mkdirSync(join(user, '.saltworks/models'), { recursive: true });
  const models = readdirSync(join(shared, 'models')).filter((name) => name.startsWith('dinov2-small-focus'));
  for (const name of models)
    cpSync(join(shared, 'models', name), join(user, '.saltworks/models', name), { recursive: true });
  if (existsSync(join(shared, 'tools')))
    cpSync(join(shared, 'tools'), join(user, '.saltworks/tools'), { recursive: true });
});

afterAll(() => {
  stack?.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

describe('the packed command', () => {
  test('has every thread, the workflows, the kernels, the page, the export script, and its papers', () => {
    const packages = readdirSync(join(root, 'packages')).filter((name) => name !== 'cli');
    const threads = packages.flatMap((name) =>
      readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => name !== 'ui' && /\.(worker|process)\.ts$/.test(file))
        .map((file) => `${name}/dist/${file.replace(/ts$/, 'js')}`),
    );
    expect(threads.length).toBeGreaterThan(4);
    const papers = packages.flatMap((name) => [`${name}/README.md`, `${name}/LICENSE`]);
    const others = ['orchestrator/dist/workflow-bundle.js', 'core/dist/arena/wasm.js', 'ui/dist/index.html'];
    for (const file of [...threads, ...papers, ...others, 'backbone/export-backbone.py']) {
      expect(existsSync(join(installed, 'node_modules/@saltworks', file)), file).toBe(true);
    }
    for (const file of ['README.md', 'LICENSE', 'THIRD_PARTY.md'])
      expect(existsSync(join(installed, file)), file).toBe(true);
  });

  test('has packages of ours beside it that fit: exact versions, papers, no maps', () => {
    for (const name of readdirSync(join(root, 'packages'))) {
      const tarball = join(scratch, 'out', `saltworks-${name}-${version}.tgz`);
      const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).split('\n');
      expect(files, name).toEqual(
        expect.arrayContaining(['package/README.md', 'package/LICENSE', 'package/package.json']),
      );
      expect(
        files
          .filter((file) => file.includes('@saltworks') || file.startsWith('package/dist'))
          .filter((file) => file.endsWith('.map')),
      ).toEqual([]);
      const manifest = execFileSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' });
      for (const [other, wanted] of Object.entries<string>(JSON.parse(manifest).dependencies)) {
        expect(wanted, `${name} wants ${other}`).toMatch(/^\d+\.\d+\.\d+$/);
      }
    }
  });

  test('names no path of the clone', () => {
    const { status, stdout } = spawnSync('grep', [
      '-rlF',
      root,
      join(installed, 'dist'),
      join(installed, 'node_modules/@saltworks'),
    ]);
    expect(stdout.toString()).toBe('');
    expect(status).toBe(1);
  });

  test('tells the version of the release', () => {
    expect(execFileSync(command, ['--version'], { cwd: scratch, env, encoding: 'utf8' })).toBe(`${version}\n`);
  });

  test('makes the same mask as the clone', async () => {
    const picture = [join(root, 'examples/images/coffee.jpg'), '--scribbles', join(root, 'examples/scribbles')];
    const out = join(scratch, 'masks');
    const { status, stderr } = spawnSync(command, ['segment', ...picture, '--out', out], {
      cwd: scratch,
      env,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const own = await saltworks(['segment', ...picture, '--out', `${out}-of-the-clone`]);
    expect(own.status, own.stderr).toBe(0);
    const mask = readFileSync(join(out, 'coffee.panoptic.png'));
    expect(mask.equals(readFileSync(join(`${out}-of-the-clone`, 'coffee.panoptic.png')))).toBe(true);
  });

  test('serves the page, with a stack of its own', async () => {
    stack = spawn(command, ['up'], { cwd: scratch, env });
    let output = '';
    for (const stream of [stack.stdout!, stack.stderr!]) stream.on('data', (chunk) => (output += chunk));
    await vi.waitFor(() => expect(output).toMatch(/^server: ready/m), 120_000);
    const { url } = JSON.parse(readFileSync(join(user, '.saltworks/stack.json'), 'utf8'));
    const health = await fetch(new URL('/api/health', url));
    expect(health.status).toBe(200);
    const page = await (await fetch(url)).text();
    const [, script] = /src="([^"]+\.js)"/.exec(page)!;
    expect((await fetch(new URL(script, url))).headers.get('content-type')).toMatch(/javascript/);
    const ended = new Promise<number | null>((resolve) => stack!.once('exit', resolve));
    stack.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});
