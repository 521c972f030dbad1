/** What a forecast says of requests is what runs ask of the store. */
import { scribblesKey } from '@saltworks/contract/layout';
import { type Requests, requestsOf } from '@saltworks/core/judge/forecast';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterEach, expect, test } from 'vitest';
import { extractShard } from '../src/extract.ts';
import { propagateShard } from '../src/propagate.ts';
import { type Engine, importFiles, openEngine, picture, pictures, pulse, removeEngine, scribbles } from './engine.ts';

const counts: Requests = { get: 0, put: 0, head: 0, list: 0 };

/** Counts what the store is asked. */
function counting(store: ObjectStore): ObjectStore {
  const counted = <Given extends unknown[], Answer>(kind: keyof Requests, call: (...given: Given) => Answer) =>
    function count(...given: Given): Answer {
      counts[kind]++;
      return call(...given);
    };
  return {
    ...store,
    get: counted('get', store.get),
    put: counted('put', store.put),
    putIfAbsent: counted('put', store.putIfAbsent),
    head: counted('head', store.head),
    list: counted('list', store.list),
  };
}

let engine: Engine;
afterEach(() => removeEngine(engine));

const extract = { backbone: 'dinov2-small-focus', layer: 9, facet: 'key' } as const;

async function asked(work: () => Promise<unknown>): Promise<Requests> {
  Object.assign(counts, { get: 0, put: 0, head: 0, list: 0 });
  await work();
  return { ...counts };
}

test('a run over keys and masks asks what was foretold', async () => {
  engine = openEngine(counting);
  // Another dataset has such keys already, so that this one only looks up what they are made with.
  await importFiles(engine.store, 'other', { 'other.png': await picture(99) });
  await extractShard(engine, { dataset: 'other', shard: 0, extract }, pulse());
  const images = await importFiles(engine.store, 'd', await pictures(10));
  for (const { sha256 } of images.slice(0, 6)) {
    await engine.store.put(scribblesKey('d', 0, sha256, '.json'), JSON.stringify(scribbles()));
  }
  const run = async (shard = 0) => {
    await extractShard(engine, { dataset: 'd', shard, extract }, pulse());
    await propagateShard(engine, { dataset: 'd', shard, extract, preset: 'best', solve: {} }, pulse());
  };
  const found = await asked(run);
  expect(found).toEqual(requestsOf({ images: 10, drawn: 6, shards: 1, missing: 10 }));
});
