/** Keys for the images of a shard. */
import {
  type DecodedImage,
  decodeImage,
  describeImage,
  mayBeDeep,
  mayHavePages,
} from '@saltworks/backbone/image/decode';
import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import type { Failure } from '@saltworks/contract/documents/failures';
import { type ExtractReport, extractReport, type ShardReport } from '@saltworks/contract/documents/reports';
import { extractReportKey, keysId, keysKey } from '@saltworks/contract/layout';
import type { ExtractShardRequest, Tally } from '@saltworks/contract/messages/activities';
import { keysFit } from '@saltworks/core/formats/keys';
import { formerVersions, readShard } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import { imagesExtracted, keysFound } from '@saltworks/telemetry/metrics';
import { inSpan } from '@saltworks/telemetry/spans';
import { findKeys, findSoundKeys, type KeysDeps } from './cached-keys.ts';
import { noteKeySet } from './key-sets.ts';
import { keysFile } from './keys-file.ts';
import type { KeysSource } from './keys-source.ts';
import { failureOf, isFinished, type Pulse, tallyOf } from './shard.ts';
import { whyUnshown } from './shown.ts';

export interface ExtractDeps extends KeysDeps {
  /** Images under way besides what a batch of more than one adds: one in inference, the others before and behind it. */
  ahead?: number;
}

/** Raised when some images are seen otherwise than before, so that keys of finished shards are looked at again. */
const VIEWS = 2;

type Size = { width: number; height: number };

type Outcome = { image: DatasetImage } & (
  | { cached: true; size: Size }
  /** The keys' file. */
  | { file: Uint8Array; size: Size }
  | { failure: ShardReport['failures'][number] }
);

/**
 * Stores the keys of every image of a shard that has none. While one image is in inference others are read, decoded and
 * made ready, and those before it are stored. An image that cannot be decoded fails alone; a finished shard costs two reads,
 * unless all of its keys are to be verified. A retry looks at images that failed, and at no others of a finished shard.
 */
export async function extractShard(
  { store, keys, readObject, maxPixels, ahead = 4 }: ExtractDeps,
  { dataset, shard, extract, verify = false, retry }: ExtractShardRequest,
  { last, beat, signal, attempt }: Pulse,
): Promise<Tally> {
  const backbone = keysId(extract.backbone, extract);
  const reportKey = extractReportKey(dataset, backbone, shard);
  const [before, former] = await Promise.all([
    readDocument(store, reportKey, extractReport, { signal }),
    formerVersions(store, dataset, shard, { signal }),
  ]);
  const isThrough = isFinished(before) && before.views === VIEWS && before.former === former;
  const wanted = ({ sha256, name }: Failure) => retry && (retry.image === null || [sha256, name].includes(retry.image));
  const again = new Set((before?.failures ?? []).filter(wanted).map(({ sha256 }) => sha256));
  // Nothing failed here, or nobody looked yet.
  if (retry && again.size === 0) return before ? tallyOf(before, 0) : { images: 0, done: 0, cached: 0, failed: 0 };
  if (isThrough && !verify && !retry) return tallyOf(before, last?.done ?? 0);

  const all = await readShard(store, dataset, shard, { signal });
  const isOther = ({ sha256 }: { sha256: string }) => isThrough && retry !== undefined && !again.has(sha256);
  const images = all.filter((image) => !isOther(image));
  let source: KeysSource | undefined;
  let opening: Promise<KeysSource> | undefined;
  const openSource = async () => {
    const opened = await keys.open(extract);
    await noteKeySet(store, extract, opened, { signal });
    return opened;
  };
  const keysOf = async (image: DatasetImage): Promise<Outcome> => {
    const failed = (error: unknown) => {
      signal.throwIfAborted();
      return failureOf(image, error, attempt);
    };
    const known = await (verify ? findSoundKeys : findKeys)(store, backbone, image.sha256, signal);
    // Earlier versions saw some otherwise: pictures of more than 8 bits without a window, TIFFs by their first page.
    const isDeepSeen = known?.window !== undefined || !mayBeDeep(image.object);
    if (known && isDeepSeen && !mayHavePages(image.object)) return { image, cached: true, size: known.image };
    let bytes: Uint8Array;
    try {
      bytes = await readObject(image.object, signal);
    } catch (error) {
      // A store may give tomorrow an object that it refuses today.
      return { image, failure: { ...failed(error), permanent: false } };
    }
    let pixels: DecodedImage;
    try {
      const facts = known && (await describeImage(bytes));
      if (facts && !facts.deep && keysFit(known, facts)) return { image, cached: true, size: known.image };
      pixels = await decodeImage(bytes, { maxPixels });
      if (known && keysFit(known, pixels)) return { image, cached: true, size: known.image };
    } catch (error) {
      return { image, failure: failed(error) };
    }
    // A backbone that cannot be opened is no fault of the image: it ends the shard.
    opening ??= openSource();
    source ??= await opening;
    try {
      return { image, size: pixels, file: await keysFile(source, { ...image, pixels }, extract, signal) };
    } catch (error) {
      return { image, failure: failed(error) };
    }
  };

  const failures = (before?.failures ?? []).filter(isOther);
  const unshown = (before?.unshown ?? []).filter(isOther);
  let stored: Promise<void> = Promise.resolve();
  let done = last?.done ?? 0;
  let next = 0;
  beat({ next, done });
  // While one batch is in inference, another one waits.
  const underWay = () => ahead + 2 * ((source?.batch ?? 1) - 1);
  try {
    for await (const outcome of inOrder(images, underWay, (image) => inSpan('image', {}, () => keysOf(image)))) {
      signal.throwIfAborted();
      if ('failure' in outcome) failures.push(outcome.failure);
      else {
        const { sha256, name } = outcome.image;
        const reason = whyUnshown(outcome.size);
        if (reason) unshown.push({ sha256, name, reason });
      }
      if (!('failure' in outcome)) keysFound.inc({ outcome: 'file' in outcome ? 'miss' : 'hit' });
      if ('file' in outcome) {
        await stored;
        stored = store.put(keysKey(backbone, outcome.image.sha256), outcome.file, { signal }).then(() => {
          // Counted once it is stored: another attempt continues from the last count of this one.
          done++;
          imagesExtracted.inc();
        });
        stored.catch(() => {});
      }
      beat({ next: ++next, done });
    }
  } finally {
    // An attempt that ends leaves no write behind that lands later.
    await stored.catch(() => {});
  }
  await stored;
  const place = new Map(all.map(({ sha256 }, i) => [sha256, i]));
  const inPlace = (a: Failure, b: Failure) => (place.get(a.sha256) ?? 0) - (place.get(b.sha256) ?? 0);
  const report: ExtractReport = {
    version: 1,
    images: all.length,
    failures: failures.sort(inPlace),
    ...(unshown.length > 0 && { unshown: unshown.sort(inPlace) }),
    views: VIEWS,
    former,
  };
  await store.put(reportKey, JSON.stringify(report), { signal });
  return tallyOf(report, done);
}
