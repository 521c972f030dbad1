// What everything else needs: packages installed, workspace built, backbone fetched. Quick when there is nothing to do.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = join(root, 'node_modules', '.bin');
const { pnpm } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).devDependencies;

export const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  TURBO_TELEMETRY_DISABLED: '1',
  SALTWORKS_HOME: process.env.SALTWORKS_HOME ?? join(root, '.saltworks'),
};

/** Runs a command in the clone; ends this process with its code if it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit', ...options });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

export function setup() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node ${process.versions.node}; expected 20.19 or later`);
    process.exit(2);
  }

  // pnpm records when it last installed; comparing that with the lock file skips the call that starts it.
  const stamp = join(root, 'node_modules', '.saltworks-installed');
  const lock = statSync(join(root, 'pnpm-lock.yaml')).mtimeMs;
  if (!existsSync(stamp) || statSync(stamp).mtimeMs < lock) {
    run('npx', ['-y', `pnpm@${pnpm}`, 'install', '--frozen-lockfile', '--prefer-offline']);
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, '');
  }
  run('turbo', ['run', 'build', '--output-logs=errors-only', '--log-prefix=none']);
  run(process.execPath, [join(root, 'saltworks'), 'backbone', 'pull', 'dinov2-small-focus']);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
