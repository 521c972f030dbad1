// npm run setup: installs packages, builds the workspace, fetches the backbone. Quick when there is nothing to do.
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

/** Runs a command in the clone; exits with its code if it fails. `quiet` shows its output only on failure. */
export function run(command, args, { quiet = false } = {}) {
  const stdio = quiet ? 'pipe' : 'inherit';
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd: root, env, stdio, encoding: 'utf8' });
  if (error) throw error;
  if (status === 0) return;
  if (quiet) process.stderr.write(stdout + stderr);
  process.exit(status ?? 1);
}

export function setup() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Node ${process.versions.node}; expected 20.19 or later`);
    process.exit(2);
  }

  // The stamp's time, compared with the lock file's, saves starting pnpm.
  const stamp = join(root, 'node_modules', '.saltworks-installed');
  const lock = statSync(join(root, 'pnpm-lock.yaml')).mtimeMs;
  if (!existsSync(stamp) || statSync(stamp).mtimeMs < lock) {
    console.log('setup: installing packages …');
    run('npx', ['-y', `pnpm@${pnpm}`, 'install', '--frozen-lockfile', '--prefer-offline'], { quiet: true });
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, '');
  }
  run('turbo', ['run', 'build', '--output-logs=errors-only'], { quiet: true });
  const model = join(env.SALTWORKS_HOME, 'models', 'dinov2-small-focus.onnx');
  if (!existsSync(model)) console.log('setup: fetching the backbone dinov2-small-focus (90 MB) …');
  run(process.execPath, [join(root, 'saltworks'), 'backbone', 'pull', 'dinov2-small-focus'], { quiet: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setup();
