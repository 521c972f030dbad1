/** What browsers are given of an image over HTTP; what they show is made if nobody has opened the image yet. */
import { setTimeout as sleep } from 'node:timers/promises';
import { keysId, keysKey, thumbnailKey, viewKeys } from '@saltworks/contract/layout';
import { firstOf } from '@saltworks/store/objects/first-of';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { findCampaign } from '../campaigns/campaigns.ts';
import type { Views } from '../datasets/views.ts';
import { sendObject } from './objects.ts';
import type { Deps } from './routes.ts';

type Image = { sha256: string; object: string };

/** patience: milliseconds in which somebody else may make it, who opens the image. */
interface Options {
  patience?: number;
}

/** WebP, 256 pixels at its longer side. @throws NotFoundError if there can be none, or not soon */
export async function sendThumbnail(
  { store, thumbnails }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  image: Image,
  { patience = 0 }: Options = {},
) {
  const key = thumbnailKey(image.sha256);
  if (!(await appears(store, [key], reply, patience))) await made(thumbnails, reply, image);
  return sendObject(request, reply, store, key);
}

/** Without loss, at its own size. @throws NotFoundError if there can be none, or not soon */
export async function sendView(
  { store, views }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  image: Image,
  { patience = 0 }: Options = {},
) {
  const keys = viewKeys(image.sha256);
  if (!(await appears(store, keys, reply, patience))) await made(views, reply, image);
  return sendObject(request, reply, store, keys);
}

/** Whether one of the objects is there, soon enough. */
async function appears(store: ObjectStore, keys: string[], reply: FastifyReply, patience: number): Promise<boolean> {
  for (const until = Date.now() + patience; Date.now() < until && !reply.raw.destroyed; await sleep(100)) {
    if (await firstOf(store, keys)) return true;
  }
  return false;
}

/** Waits for it as long as whoever asked does. */
async function made(views: Views, reply: FastifyReply, image: Image): Promise<void> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  await views.make(image, gone.signal);
}

/** The keys that a campaign solves an image by. @throws NotFoundError while there are none */
export async function sendKeys(
  { db, store }: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  { campaign, sha256 }: { campaign: string; sha256: string },
): Promise<FastifyReply> {
  const { backbone } = await findCampaign(db, campaign);
  const key = keysKey(keysId(backbone, { facet: 'key' }), sha256);
  return sendObject(request, reply, store, key);
}
