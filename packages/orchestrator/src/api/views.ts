/** Images over HTTP: the copies that browsers show, and keys. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { keysKey, thumbnailKey, viewKeys } from '@saltworks/contract/layout';
import { firstOf } from '@saltworks/store/objects/first-of';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { keysOf } from '../campaigns/keys.ts';
import type { Views } from '../datasets/views.ts';
import { sendObject } from './objects.ts';
import type { Deps } from './routes.ts';

type Image = { sha256: string; object: string };

/** The copies of an image that browsers show: WebP, 256 pixels at its longer side, and without loss at its own size. */
type Copy = 'thumbnail' | 'view';

/**
 * Sends a copy of an image; makes it where nobody has opened the image yet.
 *
 * @param options patience: milliseconds in which the worker that opens the image may make it
 * @throws NotFoundError if there can be none, or not soon
 */
export async function sendCopy(
  copy: Copy,
  { store, thumbnails, views }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  image: Image,
  { patience = 0 } = {},
) {
  const small = copy === 'thumbnail';
  const keys = small ? [thumbnailKey(image.sha256)] : viewKeys(image.sha256);
  if (!(await appears(store, keys, reply, patience))) await made(small ? thumbnails : views, reply, image);
  return sendObject(request, reply, store, keys);
}

/** Whether one of the objects is there within the time. */
async function appears(store: ObjectStore, keys: string[], reply: FastifyReply, patience: number): Promise<boolean> {
  for (const until = Date.now() + patience; Date.now() < until && !reply.raw.destroyed; await sleep(100)) {
    if (await firstOf(store, keys)) return true;
  }
  return false;
}

/** Waits for it as long as the caller does. */
async function made(views: Views, reply: FastifyReply, image: Image): Promise<void> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  await views.make(image, gone.signal);
}

/** Sends the keys that a campaign's masks of an image are made from. @throws NotFoundError while there are none */
export async function sendKeys(
  { store }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { campaign, sha256 }: { campaign: Campaign; sha256: string },
): Promise<FastifyReply> {
  const key = keysKey(keysOf(campaign), sha256);
  return sendObject(request, reply, store, key);
}
