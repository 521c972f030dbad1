/** One protocol on several images: keys first, then rows, several images at a time. */
import { type ThreadPool, threadPool } from '@saltworks/backbone/threads/threads';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { CaseJob, CaseResult } from './case.worker.ts';
import { type ListedImage, readCase } from './dataset/folder.ts';
import { byBackbone, openExtractor } from './keys/cache.ts';
import { inParallel } from './parallel.ts';
import type { PeerAccess } from './peers/peers.ts';
import type { Protocol, ProtocolSettings } from './protocols/protocol.ts';

export type CaseThreads = ThreadPool<CaseJob, CaseResult>;

/** @param threads images at a time */
export const openCaseThreads = (threads: number): CaseThreads =>
  threadPool(new URL('./case.worker.js', import.meta.url), { threads });

export interface ProtocolRun {
  protocol: Protocol;
  settings: ProtocolSettings;
  pool: CaseThreads;
  /** The folder of keys. */
  keys: string;
  maxPixels?: number;
  peers?: PeerAccess;
  signal?: AbortSignal;
  onKeys?(done: number, total: number): void;
}

/** What came of an image. */
export type Found = CaseResult | { error: Error };

/**
 * Runs a protocol on images. An image fails alone.
 *
 * @param found called as each image ends, in any order
 */
export async function runProtocol(
  run: ProtocolRun,
  images: readonly ListedImage[],
  found: (found: Found, at: number) => Promise<void>,
): Promise<void> {
  const { protocol, settings, pool, keys, maxPixels, peers, signal } = run;
  const failed = new Map<ListedImage, InvalidInputError>();
  await prepareKeys(run, images, failed);
  const rowsOf = async (listed: ListedImage): Promise<Found> => {
    const error = failed.get(listed);
    if (error) return { error };
    try {
      const job = { listed, protocol: protocol.name, settings, keys, maxPixels, peers };
      return await pool.run(job, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      return { error: error as Error };
    }
  };
  await inParallel(pool.threads, images, async (listed, at) => {
    signal?.throwIfAborted();
    await found(await rowsOf(listed), at);
  });
}

/** Extracts keys backbone by backbone, since opening one takes a second. */
async function prepareKeys(
  { protocol, settings, keys, maxPixels, signal, onKeys }: ProtocolRun,
  images: readonly ListedImage[],
  failed: Map<ListedImage, InvalidInputError>,
): Promise<void> {
  const all = byBackbone(protocol.keys?.(settings) ?? [{}]);
  let done = 0;
  for (const choices of all) {
    const extractor = openExtractor(keys, settings, choices);
    try {
      // One more than the cores keep busy: while one is in inference, others are decoded.
      await inParallel(3, images, async (listed) => {
        signal?.throwIfAborted();
        onKeys?.(++done, all.length * images.length);
        try {
          const { case: one } = await readCase(listed, { maxPixels });
          await extractor.add(one);
        } catch (error) {
          if (!(error instanceof InvalidInputError)) throw error;
          failed.set(listed, error);
        }
      });
    } finally {
      await extractor.close();
    }
  }
}
