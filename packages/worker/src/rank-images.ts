/**
 * A comparison's shards added up, and its images ranked, the most changed first. Lines are sorted in pieces and merged as they
 * are read, so that the memory it takes does not grow with the images.
 */
import { type ComparedImage, type Comparison, comparedImage } from '@saltworks/contract/documents/comparisons';
import { parseDocument } from '@saltworks/contract/documents/document';
import {
  comparedLinesKey,
  comparisonKey,
  rankedKey,
  rankedPrefix,
  sortedKey,
  sortedPrefix,
} from '@saltworks/contract/layout';
import type { AnswerOf, RequestOf } from '@saltworks/contract/messages/definitions';
import type { buildActivities } from '@saltworks/contract/messages/relabel';
import * as z from '@saltworks/contract/zod';
import { addUp } from '@saltworks/core/builds/add-up';
import { readBuild } from '@saltworks/store/builds/builds';
import { inOrder } from '@saltworks/store/in-order';
import { linesOf } from '@saltworks/store/objects/lines';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { chunked } from './chunked.ts';
import { merged } from './merge-lines.ts';
import type { Pulse } from './shard.ts';

type FinishRequest = RequestOf<(typeof buildActivities)['finishComparison']>;
type Finished = AnswerOf<(typeof buildActivities)['finishComparison']>;

/** Characters that are sorted in memory at once; pieces that are merged at once. */
const sizes = { piece: 4e6, atOnce: 32 };
/** Shards that are read ahead. */
const ahead = 4;
/** Lines of a part. */
const partLines = 250;

/** @param options.piece characters, @param options.atOnce pieces: smaller ones for tests */
export async function finishComparison(
  store: ObjectStore,
  { subject, build, base }: FinishRequest,
  { last, beat, signal }: Pick<Pulse, 'last' | 'beat' | 'signal'>,
  { piece, atOnce } = sizes,
): Promise<Finished> {
  const options = { signal };
  const of = [subject, base, build] as const;
  const pieceKey = (level: number, n: number) => sortedKey(...of, level, n);
  const after = await readBuild(store, subject, build, options);
  const before = base === null ? undefined : await readBuild(store, subject, base, options);
  const shards = Math.max(after.lines.length, before?.lines.length ?? 0);
  const filled = (shard: number) => Boolean(after.lines[shard] ?? before?.lines[shard]);

  // The last attempt told how many shards its pieces hold; the rest is sorted again.
  let { next, done: pieces } = last ?? { next: 0, done: 0 };
  let held: string[] = [];
  let size = 0;
  const put = async (shardsSorted: number) => {
    held.sort(byKey);
    await store.put(pieceKey(0, pieces++), held.map((line) => `${line}\n`).join(''), options);
    [held, size] = [[], 0];
    next = shardsSorted;
    beat({ next, done: pieces });
  };
  beat({ next, done: pieces });
  const rest = Array.from({ length: shards - next }, (_, i) => next + i).filter(filled);
  const read = async (shard: number) => {
    const key = comparedLinesKey(...of, shard);
    return { shard, key, text: new TextDecoder().decode(await store.get(key, options)) };
  };
  for await (const { shard, key, text } of inOrder(rest, ahead, read)) {
    signal.throwIfAborted();
    for (const line of text.split('\n')) {
      if (line === '') continue;
      held.push(`${placeOf(parseDocument(key, line, ranked))} ${line}`);
      size += line.length;
    }
    if (size >= piece) await put(shard + 1);
  }
  if (held.length > 0) await put(shards);

  const piecesOf = (level: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => linesOf(store.stream(pieceKey(level, from + i), options)));
  let level = 0;
  for (; pieces > atOnce; level++) {
    let fewer = 0;
    for (let from = 0; from < pieces; from += atOnce) {
      const lines = merged(piecesOf(level, from, Math.min(pieces, from + atOnce)));
      await store.putStream(pieceKey(level + 1, fewer++), chunked(ended(lines)), options);
      signal.throwIfAborted();
    }
    pieces = fewer;
  }

  const sums = addUp({ before: base, after: build });
  let part: string[] = [];
  let parts = 0;
  const putPart = async () => {
    await store.put(rankedKey(...of, parts++), part.join(''), options);
    part = [];
  };
  for await (const placed of merged(piecesOf(level, 0, pieces))) {
    const line = placed.slice(placed.indexOf(' ') + 1);
    sums.add(parseDocument(rankedKey(...of, parts), line, comparedImage));
    if (part.push(`${line}\n`) === partLines) await putPart();
  }
  if (part.length > 0) await putPart();
  const comparison = sums.total();
  await store.put(comparisonKey(...of), JSON.stringify(comparison), options);
  for await (const { key } of store.list(rankedPrefix(...of), { ...options, after: rankedKey(...of, parts - 1) })) {
    await store.delete(key, options);
  }
  for await (const { key } of store.list(sortedPrefix(...of), options)) await store.delete(key, options);
  return told(comparison);
}

/** What the rank depends on. */
const ranked = z.pick(comparedImage, { id: true, changed: true, reason: true });

/** Sorts as text: images that could not be compared, then the most changed, then by id. */
const placeOf = ({ id, changed, reason }: Pick<ComparedImage, 'id' | 'changed' | 'reason'>): string =>
  `${(reason === undefined ? 2 - changed : 0).toFixed(12)}/${String(id).padStart(16, '0')}`;

const byKey = (a: string, b: string): number => (a < b ? -1 : 1);

async function* ended(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** What a history may hold of it. */
function told({ histogram: _, classes: __, ...rest }: Comparison): Finished {
  return rest;
}
