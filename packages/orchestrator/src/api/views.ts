/** What browsers are shown of an image over HTTP, made if nobody has opened the image yet. */
import { thumbnailKey, viewKey } from '@saltworks/core/contract/layout';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Views } from '../datasets/views.ts';
import { sendObject } from './objects.ts';
import type { Deps } from './routes.ts';

type Image = { sha256: string; object: string };

/** WebP, 256 pixels at its longer side. @throws NotFoundError if there can be none, or not soon */
export async function sendThumbnail(
  { store, thumbnails }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  image: Image,
) {
  await made(thumbnails, reply, image);
  return sendObject(request, reply, store, thumbnailKey(image.sha256), 'image/webp');
}

/** WebP without loss, at its own size. @throws NotFoundError if there can be none, or not soon */
export async function sendView({ store, views }: Deps, request: FastifyRequest, reply: FastifyReply, image: Image) {
  await made(views, reply, image);
  return sendObject(request, reply, store, viewKey(image.sha256), 'image/webp');
}

/** Waits for it as long as whoever asked does. */
async function made(views: Views, reply: FastifyReply, image: Image): Promise<void> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  await views.make(image, gone.signal);
}
