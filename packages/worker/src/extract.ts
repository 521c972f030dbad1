/** Keys for the images of a shard. */
import { decodeImage } from '@saltworks/backbone/decode';
import type { ExtractShardRequest, Tally } from '@saltworks/core/contract/activities';
import type { DatasetImage } from '@saltworks/core/contract/dataset';
import { extractedKey, keysId, keysKey } from '@saltworks/core/contract/layout';
import { encodeKeys, roundToHalf } from '@saltworks/core/formats/keys';
import type { RgbImage } from '@saltworks/core/image';
import { readShard } from '@saltworks/store/dataset';
import { inOrder } from '@saltworks/store/in-order';
import type { ObjectStore } from '@saltworks/store/store';
import { readJson } from '@saltworks/store/text';
import type { KeysSource, KeysSources } from './keys-source.ts';
import { failureOf, isFinished, type Pulse, type ShardReport, tallyOf } from './shard.ts';

export interface ExtractDeps {
  store: ObjectStore;
  keys: KeysSources;
  /** Reads an image's bytes, wherever its `object` points. */
  readObject(object: string, signal: AbortSignal): Promise<Uint8Array>;
  maxPixels: number;
  /** Images read and decoded ahead of inference. */
  ahead?: number;
}

type Loaded = { image: DatasetImage } & (
  | { cached: true }
  | { pixels: RgbImage }
  | { error: unknown }
  | { error: unknown; unread: true }
);

/**
 * Stores the keys of every image of a shard that has none. Images are read and decoded ahead while inference runs in
 * its thread, and stored behind it. What cannot be decoded fails alone; a finished shard costs one read.
 */
export async function extractShard(
  { store, keys, readObject, maxPixels, ahead = 4 }: ExtractDeps,
  { dataset, shard, extract }: ExtractShardRequest,
  { last, beat, signal }: Pulse,
): Promise<Tally> {
  const backbone = keysId(extract.backbone, extract);
  const reportKey = extractedKey(dataset, backbone, shard);
  const before = await readJson<ShardReport>(store, reportKey, { signal });
  if (isFinished(before)) return tallyOf(before, last?.done ?? 0);

  const images = await readShard(store, dataset, shard, { signal });
  const load = async (image: DatasetImage): Promise<Loaded> => {
    if (await store.head(keysKey(backbone, image.sha256), { signal })) return { image, cached: true };
    let bytes: Uint8Array;
    try {
      bytes = await readObject(image.object, signal);
    } catch (error) {
      return { image, error, unread: true };
    }
    try {
      return { image, pixels: await decodeImage(bytes, { maxPixels }) };
    } catch (error) {
      return { image, error };
    }
  };

  const failures: ShardReport['failures'] = [];
  let stored: Promise<void> = Promise.resolve();
  let done = last?.done ?? 0;
  let next = 0;
  let source: KeysSource | undefined;
  beat({ next, done });
  for await (const loaded of inOrder(images, ahead, load)) {
    signal.throwIfAborted();
    const { image } = loaded;
    // A backbone that cannot be opened is no fault of the image: it ends the shard.
    if ('pixels' in loaded) source ??= await keys.open(extract);
    let file: Uint8Array | undefined;
    try {
      if ('error' in loaded) throw loaded.error;
      if ('pixels' in loaded && source) {
        file = encodeKeys(roundToHalf(await source.extract(loaded.pixels, signal)), {
          backbone: extract.backbone,
          layer: source.layer,
          facet: extract.facet,
          image: { width: loaded.pixels.width, height: loaded.pixels.height },
          imageSha256: image.sha256,
        });
      }
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureOf(image, error);
      // What a store refuses today it may give tomorrow.
      failures.push('unread' in loaded ? { ...failure, permanent: false } : failure);
    }
    if (file) {
      await stored;
      stored = store.put(keysKey(backbone, image.sha256), file, { signal }).then(() => {
        // Not before it is there: another attempt counts on from what this one said last.
        done++;
      });
      stored.catch(() => {});
    }
    beat({ next: ++next, done });
  }
  await stored;
  const report: ShardReport = { images: images.length, failures };
  await store.put(reportKey, JSON.stringify(report), { signal });
  return tallyOf(report, done);
}
