/** Where else: the index names the likeliest images, and their keys say where in them. */
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import type { SearchQuery, SearchResult } from '@saltworks/contract/documents/searches';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId } from '@saltworks/contract/layout';
import type { FindPlacesRequest, Found } from '@saltworks/contract/messages/search';
import { type KeyIndex, summaryAt } from '@saltworks/core/formats/key-index';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { bestPlace } from '@saltworks/core/search/place';
import { likenessTo, patchesOf, probeOf } from '@saltworks/core/search/probe';
import { type SearchSpace, spaceOf } from '@saltworks/core/search/space';
import { meansIn } from '@saltworks/core/search/summary';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { putSearchReport, readIndex, readQuery } from '@saltworks/store/searches/searches';
import { type KeysDeps, readKeys } from '../cached-keys.ts';
import { failureOf, type Pulse } from '../shard.ts';
import { regionInMask } from './example.ts';

/** Images that the index may name: so many times as many as are wanted, and at least so many. */
const [perResult, atLeast] = [8, 100];

/** Rows of the index that the corpus's mean and covariance are taken from, and shards that these come from. */
const sample = { rows: 4096, shards: 32 };

/** Parts of the index, and keys, that are read ahead. */
const ahead = { parts: 4, keys: 8 };

interface Candidate {
  image: NamedImage;
  score: number;
}

/** The likeliest first; of two alike the one imported first. */
const byScore = (a: Candidate, b: Candidate) => b.score - a.score || a.image.id - b.image.id;

/**
 * Finds the places of a dataset that look most like an example, the best one of each image, and writes the report. The image of
 * the example is left out.
 *
 * @throws InvalidInputError if there is no such search, nothing is in the index, or the example has no pixel in its image
 */
export async function findPlaces(
  deps: KeysDeps,
  { dataset, query: id }: FindPlacesRequest,
  { beat, signal, attempt }: Pulse,
): Promise<Found> {
  const { store } = deps;
  const query = await readQuery(store, { dataset, query: id }, { signal });
  const { extract, image, segment, top, candidates = Math.max(perResult * top, atLeast) } = query;
  const keys = keysId(extract.backbone, extract);
  const { shards } = await readDataset(store, dataset, { signal });
  const own = decodeKeys(await readKeys(deps, image, extract, signal)).keys;
  const region = segment ? await regionInMask(store, segment, signal) : query.region;
  const patches = patchesOf(region ?? [], query, own);
  const space = spaceOf(await sampleRows(store, { dataset, keys, shards }, signal), own.d);
  const probe = probeOf(own, patches, space);

  let through = 0;
  beat({ next: through, done: 0 });
  let images = 0;
  let best: Candidate[] = [];
  const readPart = async (shard: number) => ({
    named: await readShard(store, dataset, shard, { signal }),
    index: await readIndex(store, { dataset, keys, shard }, { signal }),
  });
  for await (const { named, index } of inOrder(Array(shards).keys(), ahead.parts, readPart)) {
    signal.throwIfAborted();
    if (index) {
      const scored = scoresOf(index, named, query, { space, probe });
      images += scored.length;
      best = [...best, ...scored].sort(byScore).slice(0, candidates);
    }
    beat({ next: ++through, done: 0 });
  }

  const look = async ({ image }: Candidate): Promise<SearchResult | undefined> => {
    try {
      const { keys: read, origin } = decodeKeys(await readKeys(deps, image, extract, signal));
      const { id, sha256, name } = image;
      const place = bestPlace(likenessTo(probe, space, read.data), read, origin.image);
      return { image: name, id, sha256, ...origin.image, ...place };
    } catch (error) {
      signal.throwIfAborted();
      // Its keys are gone or broken since: the others are answer enough.
      failureOf(image, error, attempt);
      return undefined;
    }
  };
  const results: SearchResult[] = [];
  let compared = 0;
  for await (const result of inOrder(best, ahead.keys, look)) {
    signal.throwIfAborted();
    if (result) results.push(result);
    beat({ next: through, done: ++compared });
  }
  results.sort((a, b) => b.score - a.score || a.id - b.id);
  const shown = results.slice(0, top);
  await putSearchReport(
    store,
    { dataset, query: id },
    { version: 1, images, compared: results.length, results: shown },
    { signal },
  );
  return { compared: results.length, found: shown.length };
}

/** How alike the most alike row of each image is, but of the example's own. Images that lost their names are left out. */
function scoresOf(
  { images, summary }: KeyIndex,
  named: readonly NamedImage[],
  { image: own }: SearchQuery,
  { space, probe }: { space: SearchSpace; probe: Float32Array },
): Candidate[] {
  if (summary.d !== space.d) throw otherKeys(summary.d, space.d);
  const bySha = new Map(named.map((image) => [image.sha256, image]));
  const scored: Candidate[] = [];
  let from = 0;
  for (const { sha256, rows } of images) {
    const image = bySha.get(sha256);
    if (image && sha256 !== own.sha256) {
      const likeness = likenessTo(probe, space, meansIn(summaryAt(summary, from, rows)));
      scored.push({ image, score: likeness.reduce((most, value) => Math.max(most, value)) });
    }
    from += rows;
  }
  return scored;
}

/** Rows of the index, evenly from some of its shards, evenly chosen, too. @throws InvalidInputError if it is empty */
async function sampleRows(
  store: ObjectStore,
  { dataset, keys, shards }: { dataset: string; keys: string; shards: number },
  signal: AbortSignal,
): Promise<Float32Array> {
  const count = Math.min(shards, sample.shards);
  const chosen = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * shards) / count));
  const perShard = Math.floor(sample.rows / count);
  const rows: Float32Array[] = [];
  const read = (shard: number) => readIndex(store, { dataset, keys, shard }, { signal });
  for await (const index of inOrder(chosen, ahead.parts, read)) {
    if (!index) continue;
    const n = index.summary.scales.length;
    const some = Math.min(n, perShard);
    for (let i = 0; i < some; i++) {
      const row = meansIn(summaryAt(index.summary, Math.floor(((i + 0.5) * n) / some), 1));
      if (rows.length > 0 && row.length !== rows[0].length) throw otherKeys(row.length, rows[0].length);
      rows.push(row);
    }
  }
  if (rows.length === 0) {
    throw new InvalidInputError(`no keys ${keys} of ${dataset}; expected some (saltworks extract ${dataset})`);
  }
  const out = new Float32Array(rows.length * rows[0].length);
  for (const [i, row] of rows.entries()) out.set(row, i * row.length);
  return out;
}

const otherKeys = (d: number, expected: number) =>
  new InvalidInputError(
    `keys of ${d} dimensions beside some of ${expected}; expected all alike (saltworks extract --verify)`,
  );
