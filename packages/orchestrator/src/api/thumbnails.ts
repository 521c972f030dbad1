/** An image's small copy over HTTP, made if nobody has opened the image yet. */
import { thumbnailKey } from '@saltworks/core/contract/layout';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendObject } from './objects.ts';
import type { Deps } from './routes.ts';

/** @throws NotFoundError if there can be none, or not soon */
export async function sendThumbnail(
  { store, thumbnails }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  image: { sha256: string; object: string },
): Promise<FastifyReply> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  await thumbnails.make(image, gone.signal);
  return sendObject(request, reply, store, thumbnailKey(image.sha256), 'image/webp');
}
