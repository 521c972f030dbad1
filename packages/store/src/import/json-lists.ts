/** JSON documents of any size: lists are read entry by entry, and an entry can be read again by its place. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { parseJson } from '@saltworks/contract/documents/json';
import { InvalidInputError } from '@saltworks/contract/errors';
import { JSONParser, TokenType } from '@streamparser/json';
import { asciiUnits, type TextFile, textFile } from './ascii-units.ts';

/** Bytes of a file, `to` not included. */
export interface Place {
  from: number;
  to: number;
}

export interface WalkOptions {
  signal?: AbortSignal;
  /** @param share of the file that is read, 0 … 1 */
  onProgress?: (share: number) => void;
}

/**
 * Calls `take` for each entry of some lists of a document's object, as `parseJson` would read it. Memory holds one chunk of
 * the file, one entry, and the entries that `take` keeps.
 *
 * @param chunkUnits most code units of a chunk
 * @returns the names of the object's members
 * @throws InvalidInputError if it is no JSON, or one of the members is no list of objects
 */
export async function walkLists(
  path: string,
  lists: readonly string[],
  take: (list: string, entry: object, place: Place) => void,
  { signal, onProgress, chunkUnits = 1 << 20 }: WalkOptions & { chunkUnits?: number } = {},
): Promise<Set<string>> {
  const fd = openSync(path, 'r');
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new InvalidInputError('no regular file, which can be read from any place');
    const file = textFile(fd);
    const parser = new JSONParser({ paths: lists.map((list) => `$.${list}.*`), keepStack: false });
    const members = new Set<string>();
    const entries = listEntries(parser, lists, members);
    let read = 0;
    for (const { bytes, odd } of asciiUnits(file, chunkUnits)) {
      await setImmediate();
      signal?.throwIfAborted();
      parser.write(bytes);
      read += bytes.length * file.unitBytes;
      onProgress?.(read / stat.size);
      for (const { list, value, from, to } of entries.splice(0)) {
        const place = { from: file.byteOf(from), to: file.byteOf(to) };
        take(list, odd.hasIn(from, to) ? entryAt(file, place) : value, place);
      }
    }
    end(parser);
    return members;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof InvalidInputError || (error as NodeJS.ErrnoException).code) throw error;
    throw new InvalidInputError(`not JSON: ${(error as Error).message.replace(/\s+/g, ' ').trim()}`);
  } finally {
    closeSync(fd);
  }
}

function end(parser: JSONParser): void {
  try {
    if (!parser.isEnded) parser.end();
  } catch {
    throw new InvalidInputError('not JSON: it ends too early');
  }
}

/** Reads entries again, one at a time. @throws InvalidInputError if the file has changed and they are no JSON any more */
export function* entriesAt(path: string, places: Iterable<Place>): Generator<object> {
  const fd = openSync(path, 'r');
  try {
    const file = textFile(fd);
    for (const place of places) yield entryAt(file, place);
  } finally {
    closeSync(fd);
  }
}

interface Entry {
  list: string;
  value: object;
  /** Code units of the document, `to` not included. */
  from: number;
  to: number;
}

/**
 * Makes a parser collect entries.
 *
 * @param members receives the names of the object's members
 * @returns the list that receives the entries
 */
function listEntries(parser: JSONParser, lists: readonly string[], members: Set<string>): Entry[] {
  const entries: Entry[] = [];
  let depth = 0;
  let from = 0;
  let to = 0;
  let string = '';
  let member: string | undefined;
  parser.onToken = ({ token, value, offset }) => {
    to = offset + 1;
    if (member !== undefined) {
      if (token !== TokenType.LEFT_BRACKET && lists.includes(member)) throw noList(member);
      members.add(member);
      member = undefined;
    }
    if (token === TokenType.LEFT_BRACE || token === TokenType.LEFT_BRACKET) {
      if (depth === 2) from = offset;
      depth++;
    } else if (token === TokenType.RIGHT_BRACE || token === TokenType.RIGHT_BRACKET) depth--;
    else if (token === TokenType.STRING) string = String(value);
    else if (token === TokenType.COLON && depth === 1) member = string;
  };
  parser.onValue = ({ value, stack }) => {
    const list = String(stack[1].key);
    if (typeof value !== 'object' || value === null) throw noList(list);
    entries.push({ list, value, from, to });
  };
  return entries;
}

const noList = (member: string) => new InvalidInputError(`${member} is no list of objects`);

function entryAt({ fd, mark }: TextFile, { from, to }: Place): object {
  // The mark tells the encoding.
  const bytes = new Uint8Array(mark.length + to - from);
  bytes.set(mark);
  const bytesRead = readSync(fd, bytes, { offset: mark.length, position: from });
  return Object(parseJson(bytes.subarray(0, mark.length + bytesRead)));
}
