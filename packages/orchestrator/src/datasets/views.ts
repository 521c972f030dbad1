/**
 * Views of images that no annotator has opened, made when a browser asks for them. Requests of about the same time go to a
 * worker together, the latest first, since those images are on the screen.
 */

import { thumbnailKey, viewKeys } from '@saltworks/contract/layout';
import { type ShowRequest, showImages } from '@saltworks/contract/messages/annotate';
import { firstOf } from '@saltworks/store/objects/first-of';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Client } from '@temporalio/client';
import { LRUCache } from 'lru-cache';
import { slots } from '../concurrency/slots.ts';
import { NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import { executeWorkflow } from '../temporal/workflows.ts';

type Image = ShowRequest['images'][number];

export interface Views {
  /**
   * Resolves once an image can be shown.
   *
   * @param signal aborts when the caller has gone
   * @throws NotFoundError if there can be none, or not soon
   */
  make(image: Image, signal: AbortSignal): Promise<void>;
}

interface Asked {
  image: Image;
  askers: number;
  done: Promise<void>;
  resolve(): void;
  reject(error: Error): void;
}

const batchesAtOnce = 3;
/** Milliseconds in which requests join a batch; of patience of a request; before a view that failed is tried again. */
const joinMs = 15;
const patienceMs = 10_000;
const uselessMs = 10 * 60_000;
const remembered = 100_000;

/** @param whole views at full size, a few at a time; else thumbnails, many at a time */
export function openViews({
  store,
  client,
  log,
  whole,
}: {
  store: ObjectStore;
  client: Client;
  log(message: string): void;
  whole: boolean;
}): Views {
  const batchSize = whole ? 2 : 64;
  const keysOf = (sha256: string) => (whole ? viewKeys(sha256) : [thumbnailKey(sha256)]);
  const waiting = new Map<string, Asked>();
  const underWay = new Map<string, Asked>();
  const useless = new LRUCache<string, true>({ max: remembered, ttl: uselessMs });
  const slot = slots(batchesAtOnce);
  let scheduled = false;

  function schedule(): void {
    if (scheduled || waiting.size === 0) return;
    scheduled = true;
    setTimeout(() => {
      void slot(async () => {
        scheduled = false;
        const batch = [...waiting.values()].slice(-batchSize).reverse();
        for (const asked of batch) {
          waiting.delete(asked.image.sha256);
          underWay.set(asked.image.sha256, asked);
        }
        schedule();
        await run(batch);
        for (const { image } of batch) underWay.delete(image.sha256);
      });
    }, joinMs);
  }

  async function run(batch: readonly Asked[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const failed = await client.connection.withDeadline(Date.now() + patienceMs, () =>
        executeWorkflow(
          client,
          showImages,
          { whole, images: batch.map(({ image }) => image) },
          { workflowId: `views/${newId()}`, workflowExecutionTimeout: '1 minute' },
        ),
      );
      for (const sha256 of failed) useless.set(sha256, true);
      for (const { image, resolve, reject } of batch) {
        if (failed.includes(image.sha256)) reject(new NotFoundError('it cannot be shown'));
        else resolve();
      }
    } catch (error) {
      log(`${batch.length} images to be shown: ${(error as Error).message}`);
      for (const { reject } of batch) reject(new NotFoundError('not there yet'));
    }
  }

  function ask(image: Image): Asked {
    const known = underWay.get(image.sha256) ?? waiting.get(image.sha256);
    if (known) return known;
    const asked = { image, askers: 0 } as Asked;
    asked.done = new Promise((resolve, reject) => Object.assign(asked, { resolve, reject }));
    // All callers may have gone before it settles.
    asked.done.catch(() => {});
    waiting.set(image.sha256, asked);
    schedule();
    return asked;
  }

  return {
    async make({ sha256, object }, signal) {
      if (await firstOf(store, keysOf(sha256))) return;
      if (useless.has(sha256)) throw new NotFoundError('it cannot be shown');
      const asked = ask({ sha256, object });
      asked.askers++;
      const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
      const gone = new Promise<never>((_, reject) => {
        const leave = () => {
          // A view without callers is not made: the page has scrolled past it.
          if (--asked.askers === 0) waiting.delete(sha256);
          reject(new NotFoundError('not there yet'));
        };
        if (limit.aborted) leave();
        else limit.addEventListener('abort', leave, { once: true });
        void asked.done.catch(() => {}).then(() => limit.removeEventListener('abort', leave));
      });
      gone.catch(() => {});
      await Promise.race([asked.done, gone]);
    },
  };
}
