/** Objects of the store over HTTP: ETag, conditional requests, one range. */

import { Readable } from 'node:stream';
import { firstOf } from '@saltworks/store/objects/first-of';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotFoundError } from '../errors.ts';

/** For objects named by their content: they never change; no shared cache may keep them. */
const forever = 'private, max-age=31536000, immutable';
/** For addresses whose object may change: browsers ask again, and are sent only what changed. */
const asked = 'private, no-cache';

/** Media type, by the ending of a name. */
const typeOf = (key: string): string =>
  key.endsWith('.webp') ? 'image/webp' : key.endsWith('.png') ? 'image/png' : 'application/octet-stream';

/**
 * @param keys of objects: the first that exists is sent
 * @param options changes: whether the address may mean another object later
 * @throws NotFoundError if there is no such object
 */
export async function sendObject(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  store: ObjectStore,
  keys: string | string[],
  { changes = false } = {},
): Promise<FastifyReply> {
  const found = await firstOf(store, [keys].flat());
  if (!found) throw new NotFoundError('not there yet');
  const { key } = found;
  const etag = `"${Buffer.from(found.etag).toString('base64url')}"`;
  reply.headers({
    etag,
    'cache-control': changes ? asked : forever,
    'accept-ranges': 'bytes',
    'content-type': typeOf(key),
    'x-content-type-options': 'nosniff',
  });
  // A proxy that compresses turns the tag into a weak one.
  const known = headers['if-none-match']?.split(/\s*,\s*/).map((tag) => tag.replace(/^W\//, ''));
  if (known?.includes(etag)) return reply.code(304).send();
  const range = headers['if-range'] && headers['if-range'] !== etag ? undefined : rangeOf(headers.range, found.size);
  if (range === 'none') return reply.code(416).header('content-range', `bytes */${found.size}`).send();
  const { start, end } = range ?? { start: 0, end: found.size };
  reply.header('content-length', end - start);
  if (range) reply.code(206).header('content-range', `bytes ${start}-${end - 1}/${found.size}`);
  try {
    return await reply.send(Readable.from(store.stream(key, { range: { start, end } })));
  } catch (error) {
    if (error instanceof ObjectMissingError) throw new NotFoundError('not there any more');
    throw error;
  }
}

/** @returns undefined for the whole object: no range, several, or an unknown form */
export function rangeOf(header: string | undefined, size: number): { start: number; end: number } | 'none' | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(Number(last) + 1, size);
  return start < end ? { start, end } : 'none';
}
