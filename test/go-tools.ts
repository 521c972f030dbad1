/** Go programs of the tests, and files of Go modules, which go puts into `.tools` on first use. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isAlive } from '@saltworks/telemetry/alive';

const tools = fileURLToPath(new URL('../.tools/', import.meta.url));
const run = promisify(execFile);

/** Where something lies, or the reason why it does not. */
export interface Installed {
  path: string;
  missing?: string;
}

/**
 * A program, built from its source: minutes of a processor for a large one.
 *
 * @param name of the program, and of its folder below `.tools`
 * @param wanted PACKAGE@VERSION
 */
export async function goProgram(name: string, wanted: string): Promise<Installed> {
  const [, version] = wanted.split('@');
  const { path, missing } = await installed(`${name}-${version}`, async (folder) => {
    await run('go', ['install', wanted], { env: { ...process.env, GOBIN: folder, GOFLAGS: '' } });
  });
  return { path: join(path, name), missing };
}

/**
 * Files of a published module.
 *
 * @param name of their folder below `.tools`
 * @param wanted MODULE@VERSION
 * @param files paths below the module, which they keep
 */
export async function goModuleFiles(name: string, wanted: string, files: readonly string[]): Promise<Installed> {
  const [, version] = wanted.split('@');
  return installed(`${name}-${version}`, async (folder) => {
    const { stdout } = await run('go', ['mod', 'download', '-json', wanted], { cwd: folder });
    const { Dir } = JSON.parse(stdout) as { Dir: string };
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      // The cache of modules may not be written to; what is copied may.
      cpSync(join(Dir, file), join(folder, file), { mode: 0 });
    }
  });
}

/** Fills a folder aside, then names it: a folder that exists is complete. Of several test files at once, one does it. */
async function installed(name: string, fill: (aside: string) => Promise<void>): Promise<Installed> {
  const path = join(tools, name);
  const lock = join(tools, `.${name}.lock`);
  mkdirSync(tools, { recursive: true });
  while (!existsSync(path)) {
    if (!locked(lock)) {
      await sleep(250);
      continue;
    }
    const aside = join(tools, `.${name}-${randomUUID()}`);
    try {
      mkdirSync(aside);
      await fill(aside);
      renameSync(aside, path);
    } catch (error) {
      // Another one was first, after all.
      if (existsSync(path)) break;
      const { message, stderr } = error as Error & { stderr?: string };
      return { path, missing: stderr?.trim().split('\n').at(-1) || message };
    } finally {
      rmSync(aside, { recursive: true, force: true });
      rmSync(lock, { force: true });
    }
  }
  return { path };
}

/** Whether the lock is now this process's; a lock of a process that is gone is taken away. */
function locked(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = Number(readOr(lock, ''));
  if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true });
  return false;
}

const readOr = (file: string, otherwise: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
};
