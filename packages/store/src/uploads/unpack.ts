/**
 * An upload as a folder: its files, and those of its ZIPs. Names and sizes are a stranger's claims: no file is written outside
 * the folder, over another one, or beyond the limits.
 */
import { mkdir, open, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expectedAtMost, type UploadLimits } from '@saltworks/contract/api/uploads';
import type { UploadLine, UploadManifest } from '@saltworks/contract/documents/uploads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Entry, getFileNameLowLevel, openPromise, type ZipFile } from 'yauzl';
import { isHidden } from '../import/picture-names.ts';
import { expectRoom, unwritable } from '../objects/room.ts';
import { type CallOptions, ObjectMissingError, type ObjectStore } from '../objects/store.ts';
import { checkedHead, checkSize, foldedName, kindByName } from './kinds.ts';
import { readParts } from './parts.ts';

export interface Unpacked {
  /** Names of the files that were written, joined by `/`. */
  names: string[];
  failures: UploadLine[];
}

interface Options extends CallOptions {
  limits: UploadLimits;
  /** Called after each file. */
  onFile?: () => void;
}

/** Files of a ZIP may take this much more room than the ZIP, and this many bytes in any case. */
const [mostTimes, leastBytes] = [100, 2 ** 30];
/** Bytes of the disk that stay free. */
const reserve = 2 ** 28;

/**
 * @param folder an empty one
 * @throws InvalidInputError if a ZIP claims more than the limits, UnwritableError without room
 */
export async function unpackUpload(
  store: ObjectStore,
  upload: string,
  { files }: UploadManifest,
  folder: string,
  { limits, onFile, ...options }: Options,
): Promise<Unpacked> {
  const { signal } = options;
  const names: string[] = [];
  const failures: UploadLine[] = [];
  const taken = new Map<string, string>();
  let bytes = 0;

  /** Writes a file, or notes why not. */
  const take = async (name: string, write: (path: string) => Promise<void>, shown = name) => {
    signal?.throwIfAborted();
    try {
      const other = taken.get(foldedName(name));
      if (other !== undefined) throw new InvalidInputError(sameName(other));
      taken.set(foldedName(name), name);
      await write(join(folder, name));
      names.push(name);
    } catch (error) {
      signal?.throwIfAborted();
      const full = await unwritable(error, folder);
      if (full) throw full;
      if (error instanceof UploadTooLargeError || isStores(error)) throw error;
      failures.push({ name: shown, reason: lineOf(error) });
    }
    onFile?.();
  };

  const takeZip = async (zipName: string, zipBytes: number, path: string) => {
    const zip = await openPromise(path, { autoClose: false, decodeStrings: false }).catch((error: Error) => {
      throw new InvalidInputError(`the ZIP cannot be read: ${error.message}`);
    });
    try {
      const entries = await entriesOf(zip, zipName, taken.size, limits);
      const claimed = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
      const most = Math.max(leastBytes, mostTimes * zipBytes);
      if (claimed > most)
        throw new UploadTooLargeError(`${zipName} unpacks to ${claimed} bytes; expected at most ${most}`);
      bytes += claimed;
      if (bytes > limits.bytes) {
        throw new UploadTooLargeError(`its files take ${bytes} bytes unpacked; ${expectedAtMost(limits, 'bytes')}`);
      }
      await expectRoom(folder, claimed + reserve);
      for (const entry of entries) {
        const name = nameOf(entry);
        if (name.endsWith('/') || isLeftAlone(name)) continue;
        await take(name, (target) => takeEntry(zip, entry, name, target, limits), `${zipName}: ${name}`);
      }
    } finally {
      zip.close();
    }
  };

  const loose = files.filter(({ name }) => kindByName(name) !== 'zip');
  bytes = loose.reduce((sum, file) => sum + file.bytes, 0);
  await expectRoom(folder, bytes + reserve);
  for (const { file, name, bytes, modified } of loose) {
    await take(name, async (path) => {
      const kind = kindByName(name);
      await write(path, checkedHead(kind, readParts(store, { upload, file, bytes }, options)));
      await utimes(path, modified / 1000, modified / 1000);
    });
  }
  for (const { file, name, bytes } of files.filter((each) => !loose.includes(each))) {
    // No file of an upload has such a name: it is hidden.
    const path = join(folder, '.upload.zip');
    await expectRoom(folder, bytes + reserve);
    try {
      await write(path, readParts(store, { upload, file, bytes }, options));
      await takeZip(name, bytes, path);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof InvalidInputError) || error instanceof UploadTooLargeError) {
        throw (await unwritable(error, folder)) ?? error;
      }
      failures.push({ name, reason: lineOf(error) });
    } finally {
      await rm(path, { force: true });
    }
  }
  return { names, failures };
}

/** An upload that claims more than may be: none of it is taken. */
class UploadTooLargeError extends InvalidInputError {}

/** The store fails, not the file. */
const isStores = (error: unknown) => error instanceof ObjectMissingError;

/** Why the second file of a name is refused. */
export const sameName = (other: string): string =>
  `its name is that of ${other}, but for case and accents perhaps; expected one of them`;

const lineOf = (error: unknown) => (error as Error).message.replaceAll('\n', ' ');

async function entriesOf(zip: ZipFile, name: string, before: number, limits: UploadLimits): Promise<Entry[]> {
  const entries: Entry[] = [];
  const tooMany = (count: number) => {
    if (before + count <= limits.files) return;
    throw new UploadTooLargeError(`${name} makes it ${before + count} files; ${expectedAtMost(limits, 'files')}`);
  };
  tooMany(zip.entryCount);
  try {
    for await (const entry of zip.eachEntry()) tooMany(entries.push(entry));
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new InvalidInputError(`the ZIP is damaged: ${(error as Error).message}`);
  }
  return entries;
}

/** Hidden, as systems keep files for themselves. A path that leads outside is no such name: it is told. */
const isLeftAlone = (name: string) => {
  const parts = name.split('/');
  return parts.some(isHidden) && !parts.includes('..');
};

const nameOf = ({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string =>
  getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);

/** Upper half of the external attributes: the mode that Unix gives, whose file type is that of a link. */
const isLink = ({ externalFileAttributes }: Entry) => ((externalFileAttributes >>> 28) & 0xf) === 0xa;

async function takeEntry(zip: ZipFile, entry: Entry, name: string, path: string, limits: UploadLimits): Promise<void> {
  const kind = kindByName(name);
  if (kind === 'zip') throw new InvalidInputError('a ZIP within a ZIP; expected its files');
  if (isLink(entry)) throw new InvalidInputError('a link; expected a file');
  if (entry.isEncrypted()) throw new InvalidInputError('it is encrypted; expected a ZIP without a password');
  checkSize(kind, entry.uncompressedSize, limits);
  await write(path, checkedHead(kind, summed(read(zip, entry), entry.crc32)));
  const modified = entry.getLastModDate();
  await utimes(path, modified, modified);
}

async function* read(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry);
  // Whoever reads is told; without this, a stream that fails between two reads ends the process.
  stream.on('error', () => {});
  yield* stream;
}

async function* summed(chunks: AsyncIterable<Uint8Array>, expected: number): AsyncGenerator<Uint8Array> {
  let sum = 0;
  for await (const chunk of chunks) {
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (sum !== expected) throw new InvalidInputError('it is damaged: its bytes have another checksum than the ZIP says');
}

/** Writes a new file; nothing is left of one that fails. */
async function write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'wx');
  try {
    for await (const chunk of chunks) await file.write(chunk);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
