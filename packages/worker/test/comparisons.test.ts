import { encodePng } from '@saltworks/backbone/image/decode';
import type { BuildImage, BuildSettings } from '@saltworks/contract/documents/builds';
import { comparedImage, comparison } from '@saltworks/contract/documents/comparisons';
import { parseLines } from '@saltworks/contract/documents/document';
import {
  comparedLinesKey,
  comparedPrefix,
  comparisonKey,
  maskKey,
  rankedKey,
  rankedPrefix,
} from '@saltworks/contract/layout';
import type { Position } from '@saltworks/contract/messages/activities';
import { panopticDocument } from '@saltworks/core/formats/panoptic';
import { encodePanoptic } from '@saltworks/core/mask/mask';
import { presets } from '@saltworks/core/options';
import { writeBuild } from '@saltworks/store/builds/builds';
import { putBuildReport, reportOf } from '@saltworks/store/builds/reports';
import { putTruth } from '@saltworks/store/datasets/truth';
import { readDocument } from '@saltworks/store/objects/documents';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareShard } from '../src/compare-shard.ts';
import { finishComparison } from '../src/rank-images.ts';
import { type Engine, importFiles, objectsBelow, openEngine, pictures, pulse, removeEngine } from './engine.ts';

const subject = { kind: 'dataset', name: 'd' } as const;
const settings = (layer: number): BuildSettings => ({
  extract: { backbone: 'stub', facet: 'key', layer },
  preset: 'best',
  options: presets.best,
  recipe: `r${layer}`,
  code: 5,
});
const names = new Map([
  [1, 'cat'],
  [2, 'dog'],
]);

let engine: Engine;
beforeEach(async () => {
  engine = openEngine();
  await importFiles(engine.store, 'd', await pictures(1));
});
afterEach(() => removeEngine(engine));

/** Stores a mask; digits are segments. @returns its id */
async function mask(row: string): Promise<string> {
  const id = `f${Buffer.from(row).toString('hex')}`;
  const made = { ids: Uint32Array.from(row, Number), width: row.length, height: 1 };
  const { data } = encodePanoptic(made);
  const png = await encodePng(data, { width: row.length, height: 1, channels: 3 });
  const segments = [...names].map(([id, category]) => ({ id, category, isthing: true, hard: true }));
  const nodes = { h: 1, w: 1, data: new Float32Array(1), labels: [0], iterations: 1, converged: true };
  const seeds = { unseeded: [] };
  const file = { image: 'a', sha256: 'a', mask: `${id}.png` };
  const document = panopticDocument({ mask: made, nodes, seeds, sigma: 1 } as never, segments, file);
  await engine.store.put(maskKey(id, '.png'), png);
  await engine.store.put(maskKey(id, '.json'), JSON.stringify(document));
  return id;
}

const sha = (id: number) => id.toString(16).padStart(64, '0');

async function line(id: number, row: string, more: Partial<BuildImage> = {}): Promise<BuildImage> {
  return {
    ...{ id, sha256: sha(id), name: `${id}.png`, object: `images/${id}`, mask: await mask(row), settings: 0 },
    drawings: [{ strokes: 's', extension: '.json' }],
    ...more,
  };
}

/** A build of these shards, whose masks are there. @returns its id */
async function build(layer: number, shards: BuildImage[][], failed: BuildImage[] = []): Promise<string> {
  const { store } = engine;
  const written = await writeBuild(store, { subject, dataset: 'd', settings: [settings(layer)] }, shards);
  const missing = new Set(failed);
  for (const [shard, lines] of shards.entries()) {
    const failures = lines
      .filter((one) => missing.has(one))
      .map(({ sha256, name }) => ({ sha256, name, reason: 'no keys', permanent: true }));
    const report = await reportOf(
      store,
      lines.filter((one) => !missing.has(one)),
      { failures },
    );
    await putBuildReport(store, written, shard, report);
  }
  return written.id;
}

const compare = (base: string | null, build: string, shard = 0) =>
  compareShard(engine.store, { subject, dataset: 'd', shard, build, base }, pulse());

async function linesOf(base: string | null, build: string, shard = 0) {
  const key = comparedLinesKey(subject, base, build, shard);
  return parseLines(key, Buffer.from(await engine.store.get(key)).toString(), comparedImage);
}

describe('a shard', () => {
  test('has a line for every image of either build, with what changed and why', async () => {
    const before = await build(11, [[await line(1, '1122'), await line(2, '1100'), await line(3, '1111')]]);
    const after = await build(10, [[await line(1, '1112'), await line(2, '1100'), await line(4, '2222')]]);
    expect(await compare(before, after)).toEqual({ images: 4, done: 4, cached: 0, failed: 0 });
    const [changed, same, removed, added] = await linesOf(before, after);
    expect(changed).toMatchObject({ id: 1, name: '1.png', changed: 1 / 4, why: ['layer'], pixels: 4 });
    expect(same).toMatchObject({ id: 2, changed: 0, iou: 1, why: [] });
    expect(same.segments).toEqual([{ id: 1, category: 'cat', before: 2, after: 2, iou: 1 }]);
    expect(removed).toMatchObject({ id: 3, after: null, changed: 1, iou: 0, why: ['removed'] });
    expect(added).toMatchObject({ id: 4, before: null, changed: 1, why: ['added'] });
    expect(added.classes).toEqual([{ category: 'dog', before: 0, after: 4, both: 0 }]);
  });

  test('is compared with nothing where nothing was shown', async () => {
    const after = await build(10, [[await line(1, '1112')]]);
    await compare(null, after);
    expect(await linesOf(null, after)).toMatchObject([{ id: 1, before: null, why: ['added'] }]);
  });

  test('is compared once: only images that could not be are looked at again', async () => {
    const lost = await line(2, '1100');
    const before = await build(11, [[await line(1, '1122'), lost]]);
    const after = await build(10, [[await line(1, '1112'), await line(2, '1000')]]);
    const bytes = await engine.store.get(maskKey(lost.mask, '.png'));
    await engine.store.delete(maskKey(lost.mask, '.png'));
    expect(await compare(before, after)).toEqual({ images: 2, done: 1, cached: 0, failed: 1 });
    expect((await linesOf(before, after))[1]).toMatchObject({ pixels: 0, reason: /^no object masks\// });
    await engine.store.put(maskKey(lost.mask, '.png'), bytes);
    expect(await compare(before, after)).toEqual({ images: 2, done: 1, cached: 1, failed: 0 });
    expect(await compare(before, after)).toEqual({ images: 2, done: 0, cached: 2, failed: 0 });
  });

  test('tells masks that could not be made; an image without one before is new', async () => {
    const [old, now] = [await line(1, '1122'), await line(1, '1112')];
    const first = await line(2, '1111');
    const before = await build(11, [[old, first]], [first]);
    const after = await build(10, [[now, await line(2, '1112')]], [now]);
    await compare(before, after);
    expect(await linesOf(before, after)).toMatchObject([
      { id: 1, reason: 'no keys' },
      { id: 2, before: null, why: ['added'] },
    ]);
  });

  test('of a kept image compares what is offered, and judges the offers of both builds by what was accepted', async () => {
    const kept = async (offered: string) => line(1, '1122', { kept: 'accepted', offered: await mask(offered) });
    const first = await build(11, [[await line(1, '1122')]]);
    const second = await build(10, [[await kept('1112')]]);
    const third = await build(9, [[await kept('1122')]]);
    await compare(first, second);
    await compare(second, third);
    const [own] = await linesOf(first, second);
    expect(own).toMatchObject({ kept: 'accepted', changed: 1 / 4, why: ['layer'], after: await mask('1112') });
    expect(own.accepted).toBeUndefined();
    const [judged] = await linesOf(second, third);
    expect(judged.accepted?.before).toBeCloseTo(7 / 12, 12);
    expect(judged.accepted?.after).toBe(1);
  });

  test('is judged by known masks, in the classes of both; a new known mask is another judge', async () => {
    const before = await build(11, [[await line(1, '1122'), await line(2, '1122')]]);
    const after = await build(10, [[await line(1, '1112'), await line(2, '1112')]]);
    const know = async (row: string, category: string) => {
      const { data } = encodePanoptic({ ids: Uint32Array.from(row, Number), width: row.length, height: 1 });
      const png = await encodePng(data, { width: row.length, height: 1, channels: 3 });
      const categories = [{ id: 5, name: category, isthing: 1 as const }];
      const segments = [{ id: 7, category_id: 5 }];
      await putTruth(engine.store, { dataset: 'd', sha256: sha(1) }, { png, segments, categories });
    };
    await know('7700', 'cat');
    await compare(before, after);
    const [judged, not] = await linesOf(before, after);
    // The dog is in neither list of the known mask: it counts for nothing.
    expect(judged.known).toMatchObject({ before: 1, after: 2 / 3 });
    expect(not.known).toBeUndefined();
    await know('7770', 'cat');
    expect(await compare(before, after)).toMatchObject({ done: 1, cached: 1 });
    expect((await linesOf(before, after))[0].known).toMatchObject({ before: 2 / 3, after: 1 });
    await know('7777', 'couch');
    await compare(before, after);
    const [unjudged] = await linesOf(before, after);
    expect(unjudged.known).toBeUndefined();
    expect(unjudged.unjudged).toMatch(/^the known mask has the classes "couch"/);
  });
});

describe('the comparison', () => {
  /** 3 shards of 40 images: image n changes n % 8 of 8 pixels. */
  async function compared(): Promise<[string, string]> {
    const shards = async (rowOf: (id: number) => string) => {
      const ids = Array.from({ length: 120 }, (_, i) => i + 1);
      const lines = await Promise.all(ids.map((id) => line(id, rowOf(id))));
      return [lines.slice(0, 40), lines.slice(40, 80), lines.slice(80)];
    };
    const before = await build(11, await shards(() => '11111111'));
    const after = await build(10, await shards((id) => '2'.repeat(id % 8).padEnd(8, '1')));
    for (const shard of [0, 1, 2]) await compare(before, after, shard);
    return [before, after];
  }

  const finish = (
    base: string,
    build: string,
    sizes?: { piece: number; atOnce: number },
    last?: Position,
    stop?: number,
  ) => {
    const own = pulse({ last });
    const beat = (position: Position) => {
      own.beat(position);
      if (own.beats.length === stop) throw new Error('killed');
    };
    return finishComparison(engine.store, { subject, dataset: 'd', build, base }, { ...own, beat }, sizes);
  };
  const ranked = async (base: string, build: string, part = 0) => {
    const key = rankedKey(subject, base, build, part);
    return parseLines(key, Buffer.from(await engine.store.get(key)).toString(), comparedImage);
  };
  const stored = (base: string, build: string) => objectsBelow(engine.root, [comparedPrefix(subject, base, build)]);

  test('adds the shards up, ranks the most changed first, then by id', async () => {
    const [before, after] = await compared();
    const told = await finish(before, after);
    expect(told).toMatchObject({ images: 120, changed: 105, share: 3.5 / 8, why: { layer: 105 } });
    expect(told).not.toHaveProperty('classes');
    const whole = await readDocument(engine.store, comparisonKey(subject, before, after), comparison);
    expect(whole).toMatchObject({ ...told, before, after });
    const order = await ranked(before, after);
    const wanted = order.toSorted((a, b) => b.changed - a.changed || a.id - b.id);
    expect(order.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id));
    expect(order).toHaveLength(120);
  });

  test('is the same bytes in pieces of any size, merged in any number of rounds, and leaves no piece behind', async () => {
    const [before, after] = await compared();
    await finish(before, after);
    const once = stored(before, after);
    for (const sizes of [
      { piece: 1, atOnce: 2 },
      { piece: 20_000, atOnce: 2 },
    ]) {
      await finish(before, after, sizes);
      expect(stored(before, after)).toEqual(once);
    }
  });

  test('resumes where it was killed, with the same bytes', async () => {
    const [before, after] = await compared();
    await finish(before, after);
    const once = stored(before, after);
    for (const stop of [1, 2, 3]) {
      await expect(finish(before, after, { piece: 1, atOnce: 64 }, undefined, stop)).rejects.toThrow('killed');
      const last = { next: stop - 1, done: stop - 1 };
      await finish(before, after, { piece: 1, atOnce: 64 }, last);
      expect(stored(before, after)).toEqual(once);
    }
  });

  test('names images that could not be compared first', async () => {
    const lost = await line(2, '12222');
    const before = await build(11, [[await line(1, '11112'), lost]]);
    const after = await build(10, [[await line(1, '22221'), await line(2, '11111')]]);
    await engine.store.delete(maskKey(lost.mask, '.png'));
    await compare(before, after);
    expect(await finish(before, after)).toMatchObject({ images: 1, failed: 1 });
    expect(await ranked(before, after)).toMatchObject([{ id: 2 }, { id: 1, changed: 1 }]);
  });

  test('comes in parts, and parts of an earlier ranking go', async () => {
    const lines = await Promise.all(Array.from({ length: 600 }, (_, i) => line(i + 1, '12')));
    const before = await build(11, [lines]);
    const after = await build(10, [lines.map((one) => ({ ...one, settings: 0 }))]);
    await compare(before, after);
    await engine.store.put(rankedKey(subject, before, after, 3), '');
    await finish(before, after);
    const parts: string[] = [];
    for await (const { key } of engine.store.list(rankedPrefix(subject, before, after))) parts.push(key);
    expect(parts).toEqual([0, 1, 2].map((part) => rankedKey(subject, before, after, part)));
    expect((await ranked(before, after, 2)).map(({ id }) => id).at(-1)).toBe(600);
  });

  test('of a shard that was not compared fails', async () => {
    const before = await build(11, [[await line(1, '1')]]);
    const after = await build(10, [[await line(1, '2')]]);
    await expect(finish(before, after)).rejects.toThrow('no object');
  });
});
