import type { DatasetImage } from '@saltworks/contract/documents/dataset';
import { eachRun, regionBox } from '@saltworks/contract/documents/run-lengths';
import type { SearchQuery } from '@saltworks/contract/documents/searches';
import { InvalidInputError } from '@saltworks/contract/errors';
import { indexKey, indexReportKey, keysKey, maskKey } from '@saltworks/contract/layout';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { encodePanopticPng } from '@saltworks/core/formats/panoptic-png';
import { bestPlace } from '@saltworks/core/search/place';
import { likenessTo, patchesOf, probeOf } from '@saltworks/core/search/probe';
import { spaceOf } from '@saltworks/core/search/space';
import { meansIn, summarise } from '@saltworks/core/search/summary';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { readIndex, readSearchReport, writeQuery } from '@saltworks/store/searches/searches';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { extractShard } from '../src/extract.ts';
import { recipeOf } from '../src/propagate.ts';
import { findImage, findImageOf, regionOf, regionOfStrokes, sizeOf } from '../src/searches/example.ts';
import { findPlaces } from '../src/searches/find-places.ts';
import { indexShard } from '../src/searches/index-shard.ts';
import {
  type Engine,
  height,
  importFiles,
  objectsBelow,
  openEngine,
  pictures,
  pulse,
  removeEngine,
  rot,
  scribbles,
  width,
} from './engine.ts';

const extract = { backbone: 'dinov2-small-focus', facet: 'key' } as const;
const { recipe } = recipeOf({ extract, preset: 'best', solve: {} });
const keys = 'dinov2-small-focus';
const { signal } = new AbortController();
const text = (document: unknown) => new TextEncoder().encode(JSON.stringify(document));

let engine: Engine;
let images: DatasetImage[];
const shards = async () => (await readDataset(engine.store, 'd')).shards;
async function indexAll() {
  const tallies = [];
  for (let shard = 0; shard < (await shards()); shard++) {
    tallies.push(await indexShard(engine, { dataset: 'd', shard, extract }, pulse()));
  }
  return tallies;
}
beforeEach(async () => {
  engine = openEngine();
  images = await importFiles(engine.store, 'd', await pictures(18));
  for (let shard = 0; shard < (await shards()); shard++) {
    await extractShard(engine, { dataset: 'd', shard, extract }, pulse());
  }
});
afterEach(() => removeEngine(engine));

/** The square of the first picture. */
const region = () => regionOfStrokes(text(scribbles()), '.json', { width, height });
async function ask(
  top: number,
  candidates?: number,
  example: Pick<SearchQuery, 'region' | 'segment'> = { region: region() },
) {
  const { id, sha256, name, object } = images[0];
  const image = { id, sha256, name, object };
  const size = { width, height };
  const box = regionBox(region(), width);
  const of = { dataset: 'd', extract, image, ...size, ...example, box };
  const query = await writeQuery(engine.store, { ...of, top, ...(candidates && { candidates }) });
  const found = await findPlaces(engine, { dataset: 'd', query }, pulse());
  return { found, query, report: (await readSearchReport(engine.store, { dataset: 'd', query }))! };
}

describe('the index', () => {
  test('holds all images with keys, and a finished shard is not made again', async () => {
    const first = await indexAll();
    expect(first.map(({ images, done, failed }) => [images, done, failed])).toEqual([
      [16, 16, 0],
      [2, 2, 0],
    ]);
    const made = objectsBelow(engine.root, ['datasets/d/index']);
    expect(made.size).toBe(4);
    await engine.store.delete(keysKey(keys, images[3].sha256));
    expect((await indexAll()).map(({ images, cached }) => [images, cached])).toEqual([
      [16, 16],
      [2, 2],
    ]);
    expect(objectsBelow(engine.root, ['datasets/d/index'])).toEqual(made);
  });

  test('of changed images is made anew; of a shard without keys it is empty', async () => {
    await engine.store.delete(`datasets/d/extracted/${keys}/000000001.json`);
    expect((await indexAll())[1]).toEqual({ images: 0, done: 0, cached: 0, failed: 0 });
    expect(await readIndex(engine.store, { dataset: 'd', keys, shard: 1 })).toBeUndefined();
    await extractShard(engine, { dataset: 'd', shard: 1, extract }, pulse());
    expect((await indexAll()).map(({ done }) => done)).toEqual([0, 2]);
    expect((await readIndex(engine.store, { dataset: 'd', keys, shard: 1 }))!.images).toHaveLength(2);
  });

  test('an image without its keys fails alone, until they are there', async () => {
    const file = await engine.store.get(keysKey(keys, images[3].sha256));
    await engine.store.delete(keysKey(keys, images[3].sha256));
    const [first] = await indexAll();
    expect(first).toEqual({ images: 16, done: 15, cached: 0, failed: 1 });
    await engine.store.put(keysKey(keys, images[3].sha256), file);
    expect((await indexAll()).map(({ failed }) => failed)).toEqual([0, 0]);
    await rot(engine.store, keysKey(keys, images[4].sha256));
    await engine.store.delete(indexReportKey('d', keys, 0));
    // Damaged keys are made again.
    expect((await indexAll())[0]).toMatchObject({ done: 16, failed: 0 });
  });
});

describe('places', () => {
  /** All images compared in full, without an index. */
  async function byBruteForce() {
    const read = async ({ sha256 }: DatasetImage) => decodeKeys(await engine.store.get(keysKey(keys, sha256))).keys;
    const all = [];
    for (let shard = 0; shard < (await shards()); shard++) {
      const part = await readIndex(engine.store, { dataset: 'd', keys, shard });
      for (const { sha256 } of part!.images) all.push(await read({ sha256 } as DatasetImage));
    }
    // The metric is that of what the index holds.
    const rows = Float32Array.from(all.flatMap((one) => [...meansIn(summarise(one))]));
    const space = spaceOf(rows, all[0].d);
    const probe = probeOf(all[0], patchesOf(region(), { width, height }, all[0]), space);
    return all.slice(1).map((one) => bestPlace(likenessTo(probe, space, one.data), one, { width, height }));
  }

  test('are those of brute force where the index names all images', async () => {
    await indexAll();
    const { found, report } = await ask(17, 17);
    expect(found).toEqual({ compared: 17, found: 17 });
    expect([report.images, report.compared]).toEqual([17, 17]);
    const expected = await byBruteForce();
    const scores = expected.map(({ score }) => score).sort((a, b) => b - a);
    expect(report.results.map(({ score }) => score)).toEqual(scores);
    for (const { id, score, place, box } of report.results) expect({ score, place, box }).toEqual(expected[id - 2]);
    expect(report.results.some(({ sha256 }) => sha256 === images[0].sha256)).toBe(false);
  });

  test('are in the square, in as many images as are wanted, the same another time', async () => {
    await indexAll();
    const { found, report, query } = await ask(5);
    expect(found).toEqual({ compared: 17, found: 5 });
    for (const {
      place: [x, y],
      box,
      ...size
    } of report.results) {
      expect(size).toMatchObject({ width, height });
      expect([x >= 8 && x < 32, y >= 8 && y < 24]).toEqual([true, true]);
      expect(box[0] <= x && x < box[2] && box[1] <= y && y < box[3]).toBe(true);
    }
    const again = await ask(5);
    expect([again.query, again.report]).toEqual([query, report]);
    // The same pixels as a segment of a mask are another query with the same answer.
    const ids = new Uint32Array(width * height);
    eachRun(region(), (start, end) => ids.fill(7, start, end));
    await engine.store.put(maskKey('m', '.png'), encodePanopticPng({ ids, width, height }));
    const segment = await ask(5, undefined, { segment: { mask: 'm', id: 7 } });
    expect(segment.query).not.toBe(query);
    expect(segment.report).toEqual(report);
    for (const wrong of [
      { mask: 'm', id: 8 },
      { mask: 'n', id: 7 },
    ]) {
      await expect(ask(5, undefined, { segment: wrong })).rejects.toThrow(
        `no segment ${wrong.id} in mask ${wrong.mask}`,
      );
    }
  });

  test('an image whose keys are gone by now is left out; an empty index and an unknown search are refused', async () => {
    await expect(ask(5)).rejects.toThrow('no keys dinov2-small-focus of d; expected some (saltworks extract d)');
    await indexAll();
    await engine.store.delete(keysKey(keys, images[3].sha256));
    expect((await ask(17)).found).toEqual({ compared: 16, found: 16 });
    await expect(findPlaces(engine, { dataset: 'd', query: '0' }, pulse())).rejects.toThrow('no search 0 of d');
    await engine.store.put(indexKey('d', keys, 0), new Uint8Array(20));
    await expect(ask(5)).rejects.toThrow(InvalidInputError);
  });
});

describe('an example', () => {
  test('is found by name, by id, and by the name of a file of scribbles', async () => {
    expect((await findImage(engine.store, 'd', '17.png', signal)).shard).toBe(1);
    expect((await findImage(engine.store, 'd', '18', signal)).name).toBe('17.png');
    expect((await findImageOf(engine.store, 'd', 'some/folder/17.json', signal)).name).toBe('17.png');
    await expect(findImage(engine.store, 'd', '99.png', signal)).rejects.toThrow('no image 99.png in d');
    await expect(findImageOf(engine.store, 'd', 'x/99.json', signal)).rejects.toThrow('no image of d called 99');
  });

  test('has keys, and a segment of that id', async () => {
    const image = await findImage(engine.store, 'd', '0.png', signal);
    expect(await sizeOf(engine.store, 'd', image, extract, signal)).toEqual({ width, height });
    const of = { dataset: 'd', recipe };
    const size = { width, height };
    await expect(regionOf(engine.store, of, image, 7, size, signal)).rejects.toThrow(
      'neither scribbles nor a known mask',
    );
    await engine.store.put(`datasets/d/scribbles/000000000/${image.sha256}.json`, text(scribbles()));
    expect(await regionOf(engine.store, of, image, 7, size, signal)).toEqual(region());
    await expect(regionOf(engine.store, of, image, 8, size, signal)).rejects.toThrow(
      '0.png has no segment 8; expected one of 7',
    );
    await engine.store.delete(keysKey(keys, image.sha256));
    await expect(sizeOf(engine.store, 'd', image, extract, signal)).rejects.toThrow(
      'no keys dinov2-small-focus of 0.png',
    );
  });

  test('is every stroke but the background, one is enough, and it fits its image', () => {
    const one = { ...scribbles(), strokes: scribbles().strokes.slice(0, 1) };
    expect(regionOfStrokes(text(one), '.json', { width, height })).toEqual(region());
    const ground = { ...scribbles(), strokes: scribbles().strokes.slice(1) };
    expect(() => regionOfStrokes(text(ground), '.json', { width, height })).toThrow('strokes of the background alone');
    expect(() => regionOfStrokes(text(one), '.json', { width: 9, height })).toThrow('scribbles for 48 × 32 pixels');
  });
});
