/** The embedded stack: keeps Temporal, server and worker alive as processes, and stops them in order. */
import { type ChildProcess, fork, type StdioOptions, spawnSync } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseDocument } from '@saltworks/contract/documents/document';
import { type StackFile, stackFile } from '@saltworks/contract/documents/stack';
import { expectWritable, unwritable } from '@saltworks/store/objects/room';
import { isAlive } from '@saltworks/telemetry/alive';
import { writeWhole } from '../files.ts';
import { makeHome } from '../home.ts';
import { type Settings, serverUrl } from '../settings.ts';
import { freePort, isFree, spawnTemporal, temporalBinary, waitForTemporal } from './temporal.ts';

export interface Stack {
  address: string;
  /** Stops worker, server and Temporal in this order; each finishes its work first. */
  stop(): Promise<void>;
}

/** The stack that runs on a home, if any. */
export async function findStack(home: string): Promise<Pick<StackFile, 'address' | 'url'> | undefined> {
  const file = await readStackFile(home);
  return file && isAlive(file.pid) ? file : undefined;
}

/**
 * Starts the stack of a home, and restarts each process that dies, with growing pauses.
 *
 * @param say called with one line for each event of a process
 * @param quiet keeps processes silent: standard output belongs to the command's own answer
 * @throws Error if another stack runs on the home
 */
export async function startStack(
  settings: Settings,
  say: (line: string) => void,
  { quiet = false } = {},
): Promise<Stack> {
  const { home } = settings;
  await makeHome(home);
  await expectWritable(home);
  const found = await readStackFile(home);
  if (found && isAlive(found.pid)) throw new Error(`a stack runs on ${home} already (process ${found.pid})`);
  // A Temporal whose supervisor died still holds the database file.
  if (found?.temporal && isTemporal(found.temporal, settings)) process.kill(found.temporal, 'SIGKILL');

  const binary = await temporalBinary(settings);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const { host } = settings;
  const web = { port: settings.port, url: serverUrl(settings) };
  let temporalPid: number | undefined;
  let recorded = Promise.resolve();
  let stopping = false;
  /** Replaces the file atomically: other commands may be reading it. */
  const write = () => {
    const file: StackFile = { version: 1, pid: process.pid, temporal: temporalPid, address, url: web.url };
    return writeWhole(join(home, 'stack.json'), JSON.stringify(file));
  };
  /** Starts the processes in order, once the disk has room. */
  const record = () => {
    recorded = recorded.then(async () => {
      for (let said = false; !stopping; said = true) {
        const failed = await write().catch((error: Error) => error);
        if (!failed) return;
        if (!said) say(`stack.json: ${failed.message}; again until it is written`);
        await sleep(1_000);
      }
    });
  };
  /** The usual port, so that bookmarks last; another if it is taken. */
  const choosePort = async () => {
    if (settings.url || (await isFree(host, web.port))) return;
    web.port = await freePort();
    web.url = `http://${host}:${web.port}`;
  };
  await choosePort();
  await write().catch(async (error) => {
    throw (await unwritable(error, home)) ?? error;
  });

  const temporal = keepAlive('temporal', say, async () => {
    const child = begun(spawnTemporal(binary, settings, port));
    temporalPid = child.pid;
    record();
    return child;
  });
  try {
    await waitForTemporal(address);
  } catch (error) {
    await temporal.stop('SIGKILL');
    throw error;
  }
  say(`temporal: ready at ${address}`);
  const role = (name: string, before?: () => Promise<void>) =>
    keepAlive(name, say, async () => {
      await before?.();
      const env = {
        ...settings.env,
        SALTWORKS_TEMPORAL_ADDRESS: address,
        ...plainTemporal,
        SALTWORKS_PORT: String(web.port),
        SALTWORKS_URL: web.url,
        // Its processes are replaced together.
        SALTWORKS_BUILD_ID: '',
      };
      const stdio: StdioOptions = ['ignore', quiet ? 'ignore' : 'inherit', 'inherit', 'ipc'];
      return begun(fork(fileURLToPath(new URL('../main.js', import.meta.url)), [name], { env, stdio }));
    });
  const server = role('server', async () => {
    await choosePort();
    record();
  });
  const worker = role('worker');
  return {
    address,
    async stop() {
      stopping = true;
      await worker.stop('SIGTERM');
      await server.stop('SIGTERM');
      await temporal.stop('SIGTERM');
      await recorded;
      await rm(join(home, 'stack.json'), { force: true }).catch(({ message }) => say(`stack.json: ${message}`));
    },
  };
}

/** The embedded Temporal speaks plain text to anybody on this machine. */
const plainTemporal = Object.fromEntries(
  ['TLS', 'TLS_CA', 'TLS_CERT', 'TLS_KEY', 'API_KEY', 'API_KEY_FILE'].map((name) => [`SALTWORKS_TEMPORAL_${name}`, '']),
);

/** @throws Error if the process does not start */
function begun(child: ChildProcess): ChildProcess {
  child.once('error', () => {});
  if (child.pid === undefined) throw new Error(`${child.spawnfile} cannot be run`);
  return child;
}

interface Kept {
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Restarts a process whenever it ends, until stopped. */
function keepAlive(name: string, say: (line: string) => void, start: () => Promise<ChildProcess>): Kept {
  let stopping = false;
  let again: NodeJS.Timeout | undefined;
  let wait = 250;
  const launch = async (): Promise<ChildProcess | undefined> => {
    const began = Date.now();
    const ended = (how: string) => {
      if (stopping) return;
      // Restart at once after a long run; pause after a quick death.
      wait = Date.now() - began > 10_000 ? 250 : Math.min(wait * 2, 10_000);
      say(`${name}: ended (${how}), again in ${wait / 1000} s`);
      again = setTimeout(() => {
        running = launch();
      }, wait);
    };
    try {
      const child = await start();
      say(`${name}: started, process ${child.pid}`);
      child.once('exit', (code, signal) => ended(signal ?? `code ${code}`));
      return child;
    } catch (error) {
      ended((error as Error).message);
      return undefined;
    }
  };
  let running = launch();
  return {
    async stop(signal) {
      stopping = true;
      clearTimeout(again);
      const child = await running;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      await new Promise<void>((stopped) => {
        const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
        child.once('exit', () => {
          clearTimeout(force);
          say(`${name}: stopped`);
          stopped();
        });
        child.kill(signal);
      });
    },
  };
}

async function readStackFile(home: string): Promise<StackFile | undefined> {
  try {
    return parseDocument('stack.json', await readFile(join(home, 'stack.json'), 'utf8'), stackFile);
  } catch {
    return undefined;
  }
}

/** Whether a process is this home's Temporal server: its id may belong to another process by now. */
function isTemporal(pid: number, { home, env }: Settings): boolean {
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8', env });
  return (stdout ?? '').includes('server start-dev') && stdout.includes(join(home, 'temporal.sqlite'));
}
