/** Room on a disk: checks, and errors of one line. */
import { access, constants, mkdir, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UnwritableError } from '@saltworks/contract/errors';
import { storeFree } from '@saltworks/telemetry/metrics';
import type { Disk } from './store.ts';

/** @throws UnwritableError if fewer bytes are free there than expected, or nothing may be written */
export async function expectRoom(folder: string, bytes: number): Promise<void> {
  await expectWritable(folder);
  const free = await freeBytes(folder);
  if (free < bytes) throw noRoom(folder, free, bytes);
}

/** @throws UnwritableError if nothing may be written there */
export async function expectWritable(folder: string): Promise<void> {
  await access(folder, constants.W_OK).catch(async (error) => {
    throw (await unwritable(error, folder)) ?? error;
  });
}

/** Makes a folder and its parents. @throws the system's error; EROFS on a read-only disk */
export async function makeFolders(path: string, mode?: number): Promise<void> {
  await mkdir(path, { recursive: true, mode }).catch(async (error) => {
    // Node reports a read-only disk as ENOENT.
    if (error.code === 'ENOENT') await access((await nearest(path)).path, constants.W_OK);
    throw error;
  });
}

/** The longest part of a path that is there, and whether it is a folder. */
export async function nearest(path: string): Promise<{ path: string; isFolder: boolean }> {
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined);
    if (found || at === dirname(at)) return { path: at, isFolder: found?.isDirectory() ?? false };
  }
}

/** The error for a write that found no room or no permission; undefined for other failures. 53100 is PostgreSQL's full disk. */
export async function unwritable(error: unknown, folder: string): Promise<UnwritableError | undefined> {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
    case '53100':
      return noRoom(folder, await freeBytes(folder).catch(() => 0));
    case 'EROFS':
      return new UnwritableError(`${folder} is read-only; expected a folder to write to`);
    case 'EACCES':
      return new UnwritableError(`no permission to write to ${folder}; expected a folder to write to`);
    default:
      return undefined;
  }
}

/** Whether a write failed for want of room, perhaps in a PostgreSQL elsewhere. */
export const isUnwritable = (error: unknown): boolean =>
  error instanceof UnwritableError ||
  ['ENOSPC', 'EDQUOT', 'EROFS', '53100'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Tells at each scrape how much room a store in a folder has; nothing of a bucket. @returns stops it */
export const observeRoom = (store: string): (() => void) =>
  storeFree.observe(async () => (/^s3:/.test(store) ? undefined : freeBytes(store)));

/** The disk that a folder is on, or will be on. */
export async function diskOf(folder: string): Promise<Disk> {
  const { bavail, blocks, bsize } = await statfs((await nearest(folder)).path);
  return { folder, free: bavail * bsize, total: blocks * bsize };
}

const freeBytes = async (folder: string): Promise<number> => (await diskOf(folder)).free;

const noRoom = (folder: string, free: number, expected?: number) =>
  new UnwritableError(
    `no room in ${folder}: ${megabytes(free)} free; expected ${expected === undefined ? 'more' : megabytes(expected)}`,
  );

const megabytes = (bytes: number) => `${Math.floor(bytes / 1e5) / 10} MB`;
