/** Keeps a folder to one process at a time. PGlite has no such lock: two processes on one folder lose each other's rows. */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { link, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '@saltworks/telemetry/alive';

/**
 * On Linux the lock is an abstract socket named after the folder: it ends with its process, however that ends. It holds
 * among processes in one network namespace, so not between containers. Elsewhere it is a file that names the process.
 *
 * @returns unlocks
 * @throws Error if the folder is locked already, perhaps by this process
 */
export async function lockFolder(folder: string, platform = process.platform): Promise<() => Promise<void>> {
  const path = await realpath(folder);
  const unlock = platform === 'linux' ? await lockBySocket(path) : await lockByFile(join(path, 'lock'));
  if (!unlock) throw new Error(`${folder} is in use by another process; expected to have it alone`);
  return unlock;
}

async function lockBySocket(path: string): Promise<(() => Promise<void>) | undefined> {
  const server = createServer((socket) => socket.destroy()).unref();
  server.listen(`\0saltworks-${createHash('sha256').update(path).digest('hex')}`);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  return async () => {
    server.close();
    await once(server, 'close');
  };
}

async function lockByFile(lock: string): Promise<(() => Promise<void>) | undefined> {
  const mine = `${lock}.${randomUUID()}`;
  await writeFile(mine, String(process.pid));
  try {
    for (const until = Date.now() + patienceMs; ; ) {
      if (await linked(mine, lock)) return () => rm(lock, { force: true });
      const owner = await readFile(lock, 'utf8').catch(() => '');
      if (owner !== '' && isAlive(Number(owner))) return undefined;
      await breakLock(mine, lock, owner);
      if (Date.now() > until) throw new Error(`${lock}.broken is of a process that is gone; expected it to be removed`);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Milliseconds that others get to remove a dead process's lock: far more than they need. */
const patienceMs = 5_000;

/** Removes a dead process's lock. One process at a time: by now the lock may belong to a living one. */
async function breakLock(mine: string, lock: string, owner: string): Promise<void> {
  const broken = `${lock}.broken`;
  if (!(await linked(mine, broken))) return sleep(10);
  try {
    if ((await readFile(lock, 'utf8').catch(() => undefined)) === owner) await rm(lock);
  } finally {
    await rm(broken, { force: true });
  }
}

/** @returns whether the name was free */
async function linked(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}
