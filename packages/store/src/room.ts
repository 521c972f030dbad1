/** Room on a disk: whether there is any, and the one line that says so. */
import { access, constants, statfs } from 'node:fs/promises';
import { UnwritableError } from '@saltworks/core/errors';

/** @throws UnwritableError if fewer bytes are free there than expected, or nothing may be written */
export async function expectRoom(folder: string, bytes: number): Promise<void> {
  await access(folder, constants.W_OK).catch(async (error) => {
    throw (await unwritable(error, folder)) ?? error;
  });
  const free = await freeBytes(folder);
  if (free < bytes) throw noRoom(folder, free, bytes);
}

/** What the failure of a write into a folder means, unless it is another one. PostgreSQL's own code for it is 53100. */
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

/** Whether something could not be written for want of room, be it in a PostgreSQL elsewhere. */
export const isUnwritable = (error: unknown): boolean =>
  error instanceof UnwritableError ||
  ['ENOSPC', 'EDQUOT', 'EROFS', '53100'].includes((error as NodeJS.ErrnoException).code ?? '');

/** To those who are not privileged. */
async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

const noRoom = (folder: string, free: number, expected?: number) =>
  new UnwritableError(
    `no room in ${folder}: ${megabytes(free)} free; expected ${expected === undefined ? 'more' : megabytes(expected)}`,
  );

const megabytes = (bytes: number) => `${Math.floor(bytes / 1e5) / 10} MB`;
