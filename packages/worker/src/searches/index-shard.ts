/** The index for search by example: every image's keys in brief. */
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import { extractReport, type ShardReport } from '@saltworks/contract/documents/reports';
import { extractReportKey, keysId } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { IndexShardRequest } from '@saltworks/contract/messages/search';
import { encodeKeyIndex } from '@saltworks/core/formats/key-index';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { type Summary, summarise } from '@saltworks/core/search/summary';
import { readShard } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import { contentId } from '@saltworks/store/objects/canonical';
import { readDocument } from '@saltworks/store/objects/documents';
import { putIndex, readIndexReport } from '@saltworks/store/searches/searches';
import { type KeysDeps, readKeys } from '../cached-keys.ts';
import { failureOf, isFinished, type Pulse, tallyOf } from '../shard.ts';

/** Raised when the same keys would be summarised otherwise than before. */
const INDEX_VERSION = 1;

/** Keys that are read ahead. */
const atOnce = 8;

/**
 * Writes a shard's part of the index unless it is there, made of the same images. Images without keys are left out; one whose
 * keys cannot be read fails alone. A finished shard costs reads of documents only.
 */
export async function indexShard(
  deps: KeysDeps,
  { dataset, shard, extract }: IndexShardRequest,
  { last, beat, signal, attempt }: Pulse,
): Promise<Tally> {
  const { store } = deps;
  const keys = keysId(extract.backbone, extract);
  const of = { dataset, keys, shard };
  const [images, extracted, before] = await Promise.all([
    readShard(store, dataset, shard, { signal }),
    readDocument(store, extractReportKey(dataset, keys, shard), extractReport, { signal }),
    readIndexReport(store, of, { signal }),
  ]);
  const keyless = new Set(extracted?.failures.map(({ sha256 }) => sha256));
  const keyed = extracted ? images.filter(({ sha256 }) => !keyless.has(sha256)) : [];
  const madeOf = contentId([INDEX_VERSION, ...keyed.map(({ sha256 }) => sha256)]);
  let done = last?.done ?? 0;
  if (isFinished(before) && before.of === madeOf) return tallyOf(before, Math.min(done, before.images));

  const read = async (image: NamedImage) => {
    try {
      const file = await readKeys(deps, image, extract, signal);
      return { sha256: image.sha256, summary: summarise(decodeKeys(file).keys) };
    } catch (error) {
      signal.throwIfAborted();
      return { failure: failureOf(image, error, attempt) };
    }
  };
  const failures: ShardReport['failures'] = [];
  const parts: { sha256: string; summary: Summary }[] = [];
  done = 0;
  let next = 0;
  beat({ next, done });
  for await (const one of inOrder(keyed, atOnce, read)) {
    signal.throwIfAborted();
    if (one.failure) failures.push(one.failure);
    else {
      parts.push(one);
      done++;
    }
    beat({ next: ++next, done });
  }
  const report = { version: 1 as const, images: keyed.length, failures, of: madeOf };
  await putIndex(store, of, { file: parts.length > 0 ? encodeKeyIndex(parts) : undefined, report }, { signal });
  return tallyOf(report, done);
}
