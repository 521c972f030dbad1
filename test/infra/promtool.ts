/** Prometheus's own tool for rules, taken from Debian's package on first use; the package is not installed. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const tools = fileURLToPath(new URL('../../.tools/', import.meta.url));
const folder = join(tools, 'prometheus');
const binary = join(folder, 'usr/bin/promtool');

/** @returns undefined if it cannot be had; the reason is printed */
export function findPromtool(): string | undefined {
  if (existsSync(binary)) return binary;
  // Taken apart aside: another test file may do the same.
  const aside = join(tools, `.prometheus-${randomUUID()}`);
  mkdirSync(aside, { recursive: true });
  const run = (command: string, ...args: string[]) => spawnSync(command, args, { cwd: aside, encoding: 'utf8' });
  try {
    let got = run('apt-get', 'download', 'prometheus');
    if (got.status !== 0) {
      run('apt-get', 'update');
      got = run('apt-get', 'download', 'prometheus');
    }
    const deb = readdirSync(aside).find((name) => name.endsWith('.deb'));
    const taken = deb === undefined ? got : run('dpkg', '-x', deb, '.');
    if (deb === undefined || taken.status !== 0) {
      console.warn(`no promtool for tests: ${taken.error?.message ?? taken.stderr.trim().split('\n').at(-1)}`);
      return undefined;
    }
    rmSync(join(aside, deb));
    renameSync(aside, folder);
  } catch (error) {
    // Another test file was first.
    if (!existsSync(binary)) throw error;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return binary;
}
