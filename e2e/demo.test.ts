import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { signIn } from './annotator.ts';
import { root } from './saltworks.ts';

const npm = (...args: string[]) => spawnSync('npm', ['run', '--silent', ...args], { cwd: root, encoding: 'utf8' });

test('npm run demo takes every example through the engine and prints where the results are', () => {
  const { status, stdout, stderr } = npm('demo', '--', '--exit');
  expect(status, stderr).toBe(0);
  for (const file of readdirSync(join(root, 'examples/images'))) {
    expect(stdout).toMatch(new RegExp(`^\\| ${file} \\| \\d+ × \\d+ \\| .+ \\|$`, 'm'));
    expect(existsSync(join(root, 'out/overlays', file.replace(/\.\w+$/, '.png'))), file).toBe(true);
  }
  expect(stdout).toContain('out/overlays/NAME.png');
  expect(stdout).toMatch(/^examples: The examples, open$/m);
  expect(existsSync(join(process.env.SALTWORKS_HOME ?? join(root, '.saltworks'), 'stack.json'))).toBe(false);
});

test('without --exit it finds the campaign again and serves it until Ctrl-C', async () => {
  // In a process group of its own, as in a terminal: Ctrl-C reaches all of it.
  const demo = spawn(process.execPath, ['scripts/demo.mjs'], { cwd: root, detached: true });
  const ended = new Promise((resolve) => demo.once('exit', resolve));
  let output = '';
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  }
  await expect.poll(() => output, { timeout: 300_000 }).toContain('Serving until Ctrl-C.');
  const { ask } = await signIn(/^Sign in: +(\S+)$/m.exec(output)![1]);
  expect(await ask('GET', '/api/me')).toMatchObject({ role: 'admin', campaigns: [{ id: 'examples' }] });
  process.kill(-demo.pid!, 'SIGINT');
  expect(await ended).toBe(0);
  const url = /^Address: +(\S+)$/m.exec(output)![1];
  await expect(fetch(url)).rejects.toThrow();
});

test('demo and bench refuse unknown arguments with exit code 2', () => {
  expect(npm('demo', '--', '--wrong').status).toBe(2);
  expect(npm('bench', '--', '--wrong').status).toBe(2);
});
