/** Lines in parts of a few megabytes, packed, in the pool. */

import { pipeline, Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import type { Part } from '@saltworks/contract/documents/backups';
import { InvalidInputError } from '@saltworks/contract/errors';
import { linesOf } from '../objects/lines.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';
import { poolBytes, pooled } from './pool.ts';

/** Characters of a part before it is packed. */
const partSize = 4 * 1024 * 1024;

export interface PartWriter {
  add(line: string): Promise<void>;
  /** @returns all parts, and how many bytes were sent */
  end(): Promise<{ parts: Part[]; sent: number }>;
}

export function partWriter(to: ObjectStore, options?: CallOptions): PartWriter {
  const parts: Part[] = [];
  let sent = 0;
  let waiting: string[] = [];
  let size = 0;
  const flush = async () => {
    if (waiting.length === 0) return;
    const packed = await poolBytes(to, gzipSync(`${waiting.join('\n')}\n`), options);
    parts.push({ sha256: packed.sha256, size: packed.size, lines: waiting.length });
    if (packed.sent) sent += packed.size;
    waiting = [];
    size = 0;
  };
  return {
    async add(line) {
      waiting.push(line);
      size += line.length;
      if (size >= partSize) await flush();
    },
    async end() {
      await flush();
      return { parts, sent };
    },
  };
}

/**
 * The lines of parts.
 *
 * @param what they hold, for messages
 * @throws InvalidInputError if a part is missing, cut or altered
 */
export async function* partLines(
  from: ObjectStore,
  parts: readonly Part[],
  what: string,
  options?: CallOptions,
): AsyncGenerator<string> {
  for (const [i, part] of parts.entries()) {
    const name = `part ${i + 1} of ${what}`;
    // Checked before it is unpacked: an altered part must not become lines.
    const chunks: Uint8Array[] = [];
    for await (const chunk of pooled(from, part, name, options)) chunks.push(chunk);
    let lines = 0;
    const unpacked = createGunzip();
    pipeline(Readable.from(chunks), unpacked, () => {});
    for await (const line of linesOf(unpacked)) {
      lines++;
      yield line;
    }
    if (lines !== part.lines) throw new InvalidInputError(`${name} has ${lines} lines; expected ${part.lines}`);
  }
}
