/** A small file system for tests, which can be filled to the last byte. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  folder: string;
  /** Fills the disk with one file, to the last byte. */
  fill(): void;
  /** Removes that file. */
  free(): void;
  /** Works only while no file is open for writing. */
  readOnly(yes: boolean): void;
  unmount(): void;
}

const run = (...args: [string, ...string[]]) => {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
};

/** Whether this process may mount: with root's rights on Linux. */
export function canMount(): boolean {
  try {
    mountSmallDisk(1).unmount();
    return true;
  } catch (error) {
    console.warn(`no small disks: ${(error as Error).message.trim()}`);
    return false;
  }
}

/** @throws Error if it cannot be mounted */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-disk-'));
  try {
    run('-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder);
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  const filler = join(folder, 'filler');
  return {
    folder,
    fill() {
      const file = openSync(filler, 'a');
      try {
        for (let bytes = 1024 * 1024; bytes > 0; ) {
          try {
            writeSync(file, Buffer.alloc(bytes));
          } catch {
            bytes = Math.floor(bytes / 2);
          }
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    readOnly: (yes) => run('-o', `remount,${yes ? 'ro' : 'rw'}`, folder),
    unmount() {
      spawnSync('umount', ['--lazy', folder]);
      rmdirSync(folder);
    },
  };
}
