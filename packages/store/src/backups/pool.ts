/** The bytes of backups, named by their sha256: what two backups have in common lies there once. */
import { createHash } from 'node:crypto';
import { InvalidInputError } from '@saltworks/contract/errors';
import { poolKey } from '@saltworks/contract/layout';
import { sha256Of } from '../objects/canonical.ts';
import { type CallOptions, ObjectMissingError, type ObjectStore } from '../objects/store.ts';

/** Bytes up to which an object is held; a larger one is read twice: for its hash, and as it is copied. */
const held = 16 * 1024 * 1024;

export interface Pooled {
  sha256: string;
  size: number;
  /** Whether this call sent it. */
  sent: boolean;
}

export async function poolBytes(to: ObjectStore, bytes: Uint8Array, options?: CallOptions): Promise<Pooled> {
  const sha256 = sha256Of(bytes);
  const size = bytes.length;
  if (await isPooled(to, { sha256, size }, options)) return { sha256, size, sent: false };
  await to.put(poolKey(sha256), bytes, options);
  return { sha256, size, sent: true };
}

/** @throws ObjectMissingError */
export async function poolObject(
  to: ObjectStore,
  from: ObjectStore,
  { key, size }: { key: string; size: number },
  options?: CallOptions,
): Promise<Pooled> {
  if (size <= held) return poolBytes(to, await from.get(key, options), options);
  const whole = await hashOf(from.stream(key, options));
  if (await isPooled(to, whole, options)) return { ...whole, sent: false };
  await to.putStream(poolKey(whole.sha256), checked(from.stream(key, options), whole, key), options);
  return { ...whole, sent: true };
}

/** Whether the pool has these bytes, by their name and size. */
export async function isPooled(
  to: ObjectStore,
  { sha256, size }: { sha256: string; size: number },
  options?: CallOptions,
): Promise<boolean> {
  return (await to.head(poolKey(sha256), options))?.size === size;
}

export async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

/** Passes chunks on. @throws InvalidInputError at their end, or before, unless they are what they should be */
export async function* checked(
  chunks: AsyncIterable<Uint8Array>,
  { sha256, size }: { sha256: string; size: number },
  name: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let seen = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    seen += chunk.length;
    if (seen > size) break;
    yield chunk;
  }
  if (seen !== size) throw new InvalidInputError(`${name} has ${seen > size ? 'more' : seen} bytes; expected ${size}`);
  const found = hash.digest('hex');
  if (found !== sha256) throw new InvalidInputError(`${name} has sha256 ${found}; expected ${sha256}`);
}

/**
 * The pool's bytes of a name, checked as they are read.
 *
 * @param what they are, for messages: `keys.json`
 * @throws InvalidInputError if they are missing, cut or altered
 */
export async function* pooled(
  from: ObjectStore,
  part: { sha256: string; size: number },
  what: string,
  options?: CallOptions,
): AsyncGenerator<Uint8Array> {
  const key = poolKey(part.sha256);
  try {
    yield* checked(from.stream(key, options), part, `${what} (${key})`);
  } catch (error) {
    if (!(error instanceof ObjectMissingError)) throw error;
    throw new InvalidInputError(`${what} (${key}) is missing; expected it in the backup`);
  }
}
