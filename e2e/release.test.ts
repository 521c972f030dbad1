/** A release made of the working tree, in a clone of its own. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '@saltworks/telemetry/version';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notesOf } from '../scripts/changelog.mjs';
import { root } from './saltworks.ts';

const names = readdirSync(join(root, 'packages'));

describe('npm run release', () => {
  const clone = join(mkdtempSync(join(tmpdir(), 'saltworks-release-')), 'clone');
  const ran = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: clone, encoding: 'utf8' });
  const git = (...args: string[]) => {
    const { status, stdout, stderr } = ran('git', '-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args);
    expect(status, stderr).toBe(0);
    return stdout.trim();
  };
  const release = (...args: string[]) => ran(process.execPath, 'scripts/release.mjs', ...args);
  const versions = () =>
    names.map((name) => JSON.parse(readFileSync(join(clone, 'packages', name, 'package.json'), 'utf8')).version);

  // The working tree as it is, with a history of its own.
  beforeAll(() => {
    const files = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
    });
    for (const file of files.stdout.trim().split('\n')) {
      if (existsSync(join(root, file))) cpSync(join(root, file), join(clone, file));
    }
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
    git('init', '--quiet');
    git('config', 'user.name', 'A');
    git('config', 'user.email', 'a@example.org');
    writeFileSync(join(clone, '.git/info/exclude'), 'node_modules\n');
    const changelog = join(clone, 'CHANGELOG.md');
    writeFileSync(
      changelog,
      readFileSync(changelog, 'utf8').replace('## Unreleased\n', '## Unreleased\n\n- A change.\n'),
    );
    git('add', '--all');
    git('commit', '--quiet', '--message', 'As it stands');
  });

  afterAll(() => rmSync(join(clone, '..'), { recursive: true }));

  test.each([
    [['later'], 'release: "later"; expected one version like 1.2.0'],
    [[], 'release: ""; expected one version'],
    [['0.0.1'], `release: 0.0.1 is before ${version}; expected a later version`],
  ])('refuses %j in one line', (args, line) => {
    const { status, stderr } = release(...args);
    expect(stderr).toContain(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(status).toBe(2);
  });

  test('refuses a tree with changes', () => {
    writeFileSync(join(clone, 'new.txt'), '');
    expect(release('99.0.0')).toMatchObject({ status: 2, stderr: 'release: 1 uncommitted changes; expected none\n' });
    rmSync(join(clone, 'new.txt'));
  });

  test('changes nothing with --dry-run, and says what it would', () => {
    const before = git('rev-parse', 'HEAD');
    const { status, stdout, stderr } = release('99.0.0', '--dry-run');
    expect(status, stderr).toBe(0);
    expect(stdout).toContain('+   "version": "99.0.0"');
    expect(stdout).toContain('- A change.');
    expect([git('status', '--porcelain'), git('tag'), git('rev-parse', 'HEAD')]).toEqual(['', '', before]);
    expect(versions()).toEqual(names.map(() => version));
  });

  test('versions all packages and the chart, moves the changelog, commits and tags', () => {
    const { status, stderr } = release('99.0.0');
    expect(status, stderr).toBe(0);
    expect(versions()).toEqual(names.map(() => '99.0.0'));
    expect(readFileSync(join(clone, 'infra/helm/saltworks/Chart.yaml'), 'utf8')).toMatch(
      /^version: 99\.0\.0\nappVersion: "99\.0\.0"$/m,
    );
    const changelog = readFileSync(join(clone, 'CHANGELOG.md'), 'utf8');
    expect(notesOf(changelog, '## Unreleased')).toBe('');
    expect(notesOf(changelog, '## 99.0.0')).toContain('- A change.');
    expect(git('status', '--porcelain')).toBe('');
    expect(git('log', '-1', '--format=%s')).toBe('Version 99.0.0');
    expect(git('rev-parse', 'v99.0.0^{commit}')).toBe(git('rev-parse', 'HEAD'));
    const files = [
      ...names.map((name) => `packages/${name}/package.json`),
      'CHANGELOG.md',
      'infra/helm/saltworks/Chart.yaml',
    ];
    expect(git('show', '--name-only', '--format=').split('\n').sort()).toEqual(files.sort());
    expect(git('show', '--format=')).not.toMatch(/^\+.*"@saltworks\//m);
    expect(release('99.0.0')).toMatchObject({
      status: 2,
      stderr: 'release: tag v99.0.0 is there; expected another version\n',
    });
  });

  test('leaves a lock file that fits', () => {
    const { status, stdout, stderr } = ran(
      join(root, 'node_modules/.bin/pnpm'),
      'install',
      '--frozen-lockfile',
      '--lockfile-only',
      '--offline',
    );
    expect(status, stdout + stderr).toBe(0);
    expect(git('status', '--porcelain')).toBe('');
  });
});
