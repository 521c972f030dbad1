import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './saltworks.ts';

const npm = (...args: string[]) => spawnSync('npm', ['run', '--silent', ...args], { cwd: root, encoding: 'utf8' });

test('npm run demo segments every example and says where to look', () => {
  const { status, stdout, stderr } = npm('demo', '--', '--exit');
  expect(stderr).toBe('');
  expect(status).toBe(0);
  for (const file of readdirSync(join(root, 'examples/images'))) {
    const name = file.replace(/\.\w+$/, '');
    expect(stdout).toMatch(new RegExp(`^${name}: \\d+ segments?, `, 'm'));
    expect(existsSync(join(root, 'out', `${name}.overlay.png`)), name).toBe(true);
  }
  expect(stdout).toContain('out/NAME.overlay.png');
});

test('what demo and bench do not know is refused with exit code 2', () => {
  expect(npm('demo', '--', '--wrong').status).toBe(2);
  expect(npm('bench', '--', '--wrong').status).toBe(2);
});
