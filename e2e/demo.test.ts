import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './saltworks.ts';

const npm = (...args: string[]) => spawnSync('npm', ['run', '--silent', ...args], { cwd: root, encoding: 'utf8' });

test('npm run demo takes every example through the engine and says where to look', () => {
  const { status, stdout, stderr } = npm('demo', '--', '--exit');
  expect(status, stderr).toBe(0);
  for (const file of readdirSync(join(root, 'examples/images'))) {
    expect(stdout).toMatch(new RegExp(`^\\| ${file} \\| \\d+ × \\d+ \\| .+ \\|$`, 'm'));
    expect(existsSync(join(root, 'out/overlays', file.replace(/\.\w+$/, '.png'))), file).toBe(true);
  }
  expect(stdout).toContain('out/overlays/NAME.png');
});

test('what demo and bench do not know is refused with exit code 2', () => {
  expect(npm('demo', '--', '--wrong').status).toBe(2);
  expect(npm('bench', '--', '--wrong').status).toBe(2);
});
