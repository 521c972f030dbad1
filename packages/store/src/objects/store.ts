/** Objects by name: the interface of every store, be it a folder or an S3 bucket. */
import { InvalidInputError } from '@saltworks/contract/errors';

export interface ObjectInfo {
  key: string;
  /** Bytes. */
  size: number;
  /** Changes with every write of the object; opaque, and valid in one store. */
  etag: string;
  /** The time of the write, to the second at least. */
  modified: Date;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface GetOptions extends CallOptions {
  /**
   * Bytes `start` to `end`, `end` not included. A range is cut at the object's end: an `end` past it (`Infinity`, too)
   * reads to the end, a `start` past it reads nothing.
   */
  range?: { start: number; end: number };
}

export interface ListOptions extends CallOptions {
  /** Only keys that sort after this one, where an earlier listing stopped. Its object may be gone. */
  after?: string;
}

/**
 * A key is one or more names joined by `/`, each of 1 to 255 bytes, none of them `.` or `..`, without control characters
 * and backslashes, the first one not `.partial`; 1024 bytes in all. No key may be a folder of another (`a` and `a/b`):
 * give every object a suffix.
 *
 * An object is there whole or not at all, and the next read sees the last write. An aborted call throws its signal's
 * reason; an aborted write may still have happened. Calls throw InvalidInputError where another try cannot help (an
 * illegal key), StoreRefusedError for refused credentials and missing buckets; other errors may pass with time. Writes
 * throw UnwritableError where there is no room.
 */
export interface ObjectStore {
  /** The bytes, in a buffer of their own. @throws ObjectMissingError */
  get(key: string, options?: GetOptions): Promise<Uint8Array>;
  /**
   * The bytes as they arrive, for objects too large to hold. All are of one version of the object: if it is replaced
   * meanwhile, the stream goes on with the old version or fails.
   *
   * @throws ObjectMissingError on the first read
   */
  stream(key: string, options?: GetOptions): AsyncIterable<Uint8Array>;
  /** Creates or replaces. */
  put(key: string, bytes: Uint8Array | string, options?: CallOptions): Promise<void>;
  /** Creates or replaces from chunks, in constant memory. If the chunks fail, no object appears. */
  putStream(key: string, chunks: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void>;
  /**
   * Creates, unless the object is there. Of many callers at once exactly one creates.
   *
   * @returns whether this call created it
   */
  putIfAbsent(key: string, bytes: Uint8Array | string, options?: CallOptions): Promise<boolean>;
  head(key: string, options?: CallOptions): Promise<ObjectInfo | undefined>;
  /**
   * Objects whose key starts with the prefix (which may end inside a name), in ascending order of the keys' UTF-8 bytes,
   * page by page. Foreign objects whose names are no keys are left out.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ObjectInfo>;
  /** Does nothing if there is no such object. */
  delete(key: string, options?: CallOptions): Promise<void>;
  /**
   * A URL that reads the object without further credentials, for `seconds` (1 to 604,800: a week; less if the store's own
   * credentials end before). The object need not be there. A folder gives a file: URL, which never expires.
   */
  presign(key: string, seconds: number): Promise<string>;
  /** Of a folder: its disk. Undefined of a bucket, which does not say. */
  disk(): Promise<Disk | undefined>;
  /** Removes what writers that died left of objects that never appeared, begun before this time. @returns how many */
  sweep(before: Date, options?: CallOptions): Promise<number>;
}

/** Bytes of a disk. */
export interface Disk {
  folder: string;
  /** For unprivileged processes. */
  free: number;
  total: number;
}

/** There is no such object. A caller that needs it makes it again. */
export class ObjectMissingError extends Error {
  override name = 'ObjectMissingError';
  readonly key: string;

  constructor(key: string) {
    super(`no object ${key}`);
    this.key = key;
  }
}

/**
 * The store refuses this process: no access, no such bucket, another region. The request is fine; settings have to change,
 * perhaps those of this process alone.
 */
export class StoreRefusedError extends InvalidInputError {
  override name = 'StoreRefusedError';
}

/** The folder of files being written: a name that no key starts with. */
export const PARTIAL = '.partial';

/** Bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;
const MAX_NAME_BYTES = 255;
const MAX_PRESIGN_SECONDS = 7 * 24 * 3600;

/** Whether every store can hold an object of this name. */
export function isKey(key: string): boolean {
  const names = key.split('/');
  return names.every(isName) && names[0] !== PARTIAL && Buffer.byteLength(key) <= MAX_KEY_BYTES;
}

const isName = (name: string) => name !== '' && name !== '.' && name !== '..' && isText(name);

/** Characters that file systems and XML can hold, and no half surrogate pairs. */
const isText = (text: string) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for control characters
  Buffer.byteLength(text) <= MAX_NAME_BYTES && !/[\u0000-\u001f\u007f\\\ufffe\uffff\p{Surrogate}]/u.test(text);

/** @throws InvalidInputError unless every store can hold the key */
export function checkKey(key: string): void {
  if (isKey(key)) return;
  throw new InvalidInputError(
    `object key ${quote(key)}; expected names of 1 to ${MAX_NAME_BYTES} bytes joined by / (${MAX_KEY_BYTES} in all), no . or .., no control characters or \\, not ${PARTIAL}/…`,
  );
}

/** @throws InvalidInputError unless some key could start with the prefix */
export function checkPrefix(prefix: string): void {
  const names = prefix.split('/');
  const last = names.pop()!;
  if (names.every(isName) && isText(last) && names[0] !== PARTIAL && Buffer.byteLength(prefix) <= MAX_KEY_BYTES) return;
  throw new InvalidInputError(`prefix ${quote(prefix)}; expected the start of an object key`);
}

/** @throws InvalidInputError unless 0 ≤ start ≤ end, both whole numbers; `end` may be Infinity */
export function checkRange({ start, end }: { start: number; end: number }): void {
  const whole = Number.isSafeInteger(start) && (Number.isSafeInteger(end) || end === Number.POSITIVE_INFINITY);
  if (!whole || start < 0 || end < start) {
    throw new InvalidInputError(`range ${start} to ${end}; expected whole numbers, 0 ≤ start ≤ end`);
  }
}

/** @throws InvalidInputError unless a URL can be signed for so long */
export function checkSeconds(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_PRESIGN_SECONDS) {
    throw new InvalidInputError(
      `a URL for ${seconds} seconds; expected a whole number from 1 to ${MAX_PRESIGN_SECONDS}`,
    );
  }
}

const quote = (text: string) => JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
