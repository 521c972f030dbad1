/** A dump on its way to a caller. */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expectRoom } from '@saltworks/store/objects/room';
import type { Database } from '../db/database.ts';
import { roomToWrite } from '../db/pglite/room.ts';
import { dumpLines } from './dump.ts';

/** Characters that are sent, or written to a file, at once. */
const blockSize = 256 * 1024;

/**
 * PGlite has one connection, so everybody waits while a dump is read: it goes to a file of its folder first, and from there to
 * the caller, who may be slow. PostgreSQL's goes to the caller as it is read.
 *
 * @throws UnwritableError without room for the file
 */
export async function sendDump({ db, folder }: Pick<Database, 'db' | 'folder'>): Promise<Readable> {
  if (folder === undefined) return Readable.from(blocks(dumpLines(db)), { objectMode: false });
  const file = join(folder, `dump-${randomUUID()}.partial`);
  try {
    await pipeline(withRoom(blocks(dumpLines(db)), folder), createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  const stream = createReadStream(file);
  stream.once('close', () => void rm(file, { force: true }).catch(() => {}));
  return stream;
}

async function* blocks(lines: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let block = '';
  for await (const line of lines) {
    block += `${line}\n`;
    if (block.length < blockSize) continue;
    yield Buffer.from(block);
    block = '';
  }
  if (block !== '') yield Buffer.from(block);
}

/** The database needs room itself, to write strokes. */
async function* withRoom(chunks: AsyncIterable<Buffer>, folder: string): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    await expectRoom(folder, roomToWrite + chunk.length);
    yield chunk;
  }
}
