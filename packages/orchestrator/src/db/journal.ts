/**
 * A second copy of acknowledged interactions: a file of JSON Lines, flushed to the disk. PGlite never flushes, so a power
 * loss takes its last seconds. At start the server replays the journal into the database, flushes the database
 * (`Database.sync`) and empties the journal, which then grows until the next start, by some 300 bytes an interaction.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseDocument } from '@saltworks/contract/documents/document';
import { type JournalEntry, journalEntry } from '@saltworks/contract/documents/journal';
import { unwritable } from '@saltworks/store/objects/room';

export interface Journal {
  /**
   * Resolves once the entries are on the disk, in the order of the calls. Append right after the commit and acknowledge
   * afterwards: then an assignment's entries have no gap. Entries whose write failed are written before the next ones, so
   * even a call without entries resolves once all earlier ones are on the disk.
   *
   * @throws UnwritableError without room; Error of the file system
   */
  append(...entries: readonly JournalEntry[]): Promise<void>;
  /** Calls for each entry in turn, those of this process included. Skips a line that a power loss cut off. */
  replay(each: (entry: JournalEntry) => Promise<unknown>): Promise<void>;
  /** Forgets all entries, once the database has them on the disk. */
  clear(): Promise<void>;
  /** Its length; undefined where nothing is kept. */
  readonly bytes: number | undefined;
  close(): Promise<void>;
}

/** For PostgreSQL, which flushes by itself. */
const noJournal: Journal = {
  append: async () => {},
  replay: async () => {},
  clear: async () => {},
  bytes: undefined,
  close: async () => {},
};

/** @param path of the file, made if absent; one process at a time may have it open. Without a path, nothing is kept */
export async function openJournal(path: string | undefined): Promise<Journal> {
  if (path === undefined) return noJournal;
  const file = await open(path, 'a+', 0o600);
  try {
    await cutTornLine(file);
    const folder = await open(dirname(path), 'r');
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    await file.close();
    throw error;
  }

  /** Bytes that are on the disk. */
  let safe = (await file.stat()).size;
  /** Lines that are not, in order. */
  const waiting: string[] = [];
  /** Whether a failed write may have left bytes after the safe ones. */
  let torn = false;
  const flush = async () => {
    next = undefined;
    if (waiting.length === 0) return;
    const lines = waiting.length;
    const bytes = Buffer.from(waiting.join(''));
    try {
      if (torn) await file.truncate(safe);
      torn = true;
      await file.appendFile(bytes);
      await file.datasync();
      torn = false;
    } catch (error) {
      throw (await unwritable(error, dirname(path))) ?? error;
    }
    safe += bytes.length;
    waiting.splice(0, lines);
  };
  /** The flush under way, which never rejects, and the next one, which all calls in the meantime share. */
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  return {
    append(...entries) {
      for (const entry of entries) waiting.push(`${JSON.stringify(entry)}\n`);
      // A repeated interaction is acknowledged no earlier than its first copy.
      if (!next) {
        next = last.then(flush);
        last = next.catch(() => {});
      }
      return next;
    },
    async replay(each) {
      await last;
      const reader = await open(path, 'r');
      try {
        for await (const line of reader.readLines()) {
          const entry = parse(line);
          if (entry) await each(entry);
        }
      } finally {
        await reader.close();
      }
    },
    async clear() {
      await last;
      await file.truncate(0);
      await file.datasync();
      safe = 0;
    },
    get bytes() {
      return safe;
    },
    async close() {
      await last;
      await file.close();
    },
  };
}

/** Cuts a torn last line off, so that the next line does not continue it. */
async function cutTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  const block = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; ) {
    const from = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - from, from);
    const newline = block.subarray(0, bytesRead).lastIndexOf('\n');
    if (newline >= 0) {
      if (from + newline + 1 < size) await file.truncate(from + newline + 1);
      return;
    }
    end = from;
  }
  if (size > 0) await file.truncate(0);
}

function parse(line: string): JournalEntry | undefined {
  try {
    return parseDocument('journal', line, journalEntry);
  } catch {
    return undefined;
  }
}
