/** Fetches one file: in parts if need be, checked, and under its name only when it is whole. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { type PartialDownload, partialDownload } from '@saltworks/contract/documents/backbones';
import { parseDocument } from '@saltworks/contract/documents/document';
import { InvalidInputError, UnwritableError } from '@saltworks/contract/errors';
import { isAlive } from '@saltworks/telemetry/alive';
import { hashOf } from './hash.ts';
import { FileMissingError, type Origin } from './origins.ts';
import { expectModel } from './outline.ts';

export interface Wanted {
  /** Hash and size that the file must have; absent where nobody knows them yet. */
  sha256?: string;
  bytes?: number;
  /** For messages. */
  name: string;
}

export interface PullProgress {
  stage: 'download' | 'verify';
  /** Bytes on disk so far, and of the whole where that is known. */
  bytes: number;
  total?: number;
}

export interface Progressing {
  onProgress?: (progress: PullProgress) => void;
  signal?: AbortSignal;
}

/** protobuf ends at 2 GiB; weights in files beside the model may be larger. */
const MAX_MODEL_BYTES = 2 ** 31;
const MAX_DATA_BYTES = 2 ** 36;
/** Attempts that got further than the one before do not count. */
const ATTEMPTS = 3;
const WAIT_MS = 200;
/** A download of another machine that wrote nothing for so long was abandoned. */
const ABANDONED_MS = 3_600_000;

/** Folders of downloads that this process has under way. */
const own = new Set<string>();

/**
 * Puts the file at `target`. Several downloads may run at once: each works in a folder of its own. One that breaks off leaves
 * its bytes there, and the next one from the same origin goes on with them.
 *
 * @param options partials: the folder of those folders, in the same file system
 * @throws InvalidInputError if the file is too large, is no ONNX model, or has another hash
 * @throws FileMissingError if the origin does not have it
 * @throws UnwritableError without room; the bytes so far stay
 * @throws Error if the origin fails
 */
export async function download(
  origin: Origin,
  target: string,
  wanted: Wanted,
  { partials, onProgress, signal }: Progressing & { partials: string },
): Promise<{ sha256: string; bytes: number }> {
  await mkdir(dirname(target), { recursive: true });
  const work = await claim(partials, origin.name, wanted.name);
  const part = join(work.folder, 'bytes');
  try {
    const isModel = target.endsWith('.onnx');
    const most = isModel ? MAX_MODEL_BYTES : MAX_DATA_BYTES;
    const bytes = await fetchAll(origin, work.folder, wanted, most, { onProgress, signal });
    onProgress?.({ stage: 'verify', bytes, total: bytes });
    if (isModel) await expectModel(part, wanted.name);
    const sha256 = await hashOf(part);
    if (wanted.sha256 !== undefined && sha256 !== wanted.sha256) {
      throw new InvalidInputError(`${wanted.name} has sha256 ${sha256}; expected ${wanted.sha256} (${origin.name})`);
    }
    await rename(part, target);
    await work.discard();
    return { sha256, bytes };
  } catch (error) {
    // Wrong bytes are of no use to another attempt.
    if (error instanceof InvalidInputError || error instanceof FileMissingError) await work.discard();
    else await work.release();
    throw error;
  }
}

async function fetchAll(
  origin: Origin,
  folder: string,
  wanted: Wanted,
  most: number,
  { onProgress, signal }: Progressing,
): Promise<number> {
  const part = join(folder, 'bytes');
  const limit = wanted.bytes ?? most;
  for (let failures = 0; ; ) {
    const from = await sizeOf(part);
    try {
      return await fetchRest(from);
    } catch (error) {
      signal?.throwIfAborted();
      const fatal = [InvalidInputError, FileMissingError, UnwritableError].some((kind) => error instanceof kind);
      failures = (await sizeOf(part)) > from ? 1 : failures + 1;
      if (fatal || failures >= ATTEMPTS) throw error;
      await new Promise((resume) => setTimeout(resume, WAIT_MS * failures));
    }
  }

  async function fetchRest(from: number): Promise<number> {
    const { mark } = (await readState(folder)) ?? {};
    const { start, total, mark: now, chunks } = await origin.open(from, mark, signal);
    const tooLarge = (bytes: number) =>
      new InvalidInputError(`${wanted.name} has ${bytes} bytes; expected ${wanted.bytes ?? `at most ${limit}`}`);
    const file = await open(part, 'a');
    let bytes = start;
    try {
      if (start !== from) await file.truncate(start);
      await writeState(folder, { version: 1, source: origin.name, ...(now === undefined ? {} : { mark: now }) });
      if ((total ?? 0) > limit) throw tooLarge(total as number);
      for await (const chunk of chunks) {
        signal?.throwIfAborted();
        if (bytes + chunk.length > limit) throw tooLarge(bytes + chunk.length);
        await file.writeFile(chunk);
        bytes += chunk.length;
        onProgress?.({ stage: 'download', bytes, total });
      }
      await file.sync();
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof InvalidInputError) throw error;
      if (['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        const more = total === undefined ? 'more' : `${total - bytes} bytes more`;
        throw new UnwritableError(`no room in ${folder} after ${bytes} bytes of ${wanted.name}; expected ${more}`);
      }
      throw new Error(`${origin.name}: ${(error as Error).message.replaceAll('\n', ' ')} after ${bytes} bytes`);
    } finally {
      // Of a stream that was not read to its end.
      if (chunks instanceof Readable) chunks.destroy();
      await file.close();
    }
    if (total !== undefined && bytes !== total) {
      throw new Error(`${origin.name} ended after ${bytes} bytes; expected ${total}`);
    }
    if (wanted.bytes !== undefined && bytes !== wanted.bytes) throw tooLarge(bytes);
    return bytes;
  }
}

/** A folder for one download: what an earlier one left, if there is any. */
interface Work {
  folder: string;
  /** Leaves the bytes to the next download. */
  release(): Promise<void>;
  discard(): Promise<void>;
}

/** @param origin whose bytes may lie there already. @param name of the file that is fetched */
async function claim(root: string, origin: string, name: string): Promise<Work> {
  const key = createHash('sha256')
    .update(JSON.stringify([origin, name]))
    .digest('hex')
    .slice(0, 16);
  await mkdir(root, { recursive: true });
  // A name tells who works there, so that nobody takes a folder from a living process.
  const mine = `${key}@${encodeURIComponent(hostname())}@${process.pid}@${randomUUID()}`;
  const folder = join(root, mine);
  own.add(mine);
  const left = (await readdir(root).catch(() => [])).filter((entry) => entry === key || entry.startsWith(`${key}@`));
  for (const entry of left) {
    if (!(await isAbandoned(root, entry))) continue;
    // Of several processes one gets it.
    const taken = await rename(join(root, entry), folder).then(
      () => true,
      () => false,
    );
    if (!taken) continue;
    if ((await readState(folder))?.source === origin) break;
    await rm(folder, { recursive: true, force: true });
  }
  await mkdir(folder, { recursive: true });
  const discard = async () => {
    await rm(folder, { recursive: true, force: true });
    // The last one leaves nothing behind.
    await rmdir(root).catch(() => {});
    own.delete(mine);
  };
  return {
    folder,
    discard,
    async release() {
      // Another download may have left its bytes first.
      await rename(folder, join(root, key)).catch(discard);
      own.delete(mine);
    },
  };
}

async function isAbandoned(root: string, entry: string): Promise<boolean> {
  const [, host, pid] = entry.split('@');
  if (host === undefined) return true;
  if (own.has(entry)) return false;
  if (host === encodeURIComponent(hostname())) return Number(pid) === process.pid || !isAlive(Number(pid));
  const { mtimeMs } = await stat(join(root, entry, 'bytes')).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > ABANDONED_MS;
}

async function readState(folder: string): Promise<PartialDownload | undefined> {
  try {
    return parseDocument('download.json', await readFile(join(folder, 'download.json'), 'utf8'), partialDownload);
  } catch {
    // Torn or missing: the download begins anew.
    return undefined;
  }
}

const writeState = (folder: string, state: PartialDownload): Promise<void> =>
  writeFile(join(folder, 'download.json'), JSON.stringify(state));

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
