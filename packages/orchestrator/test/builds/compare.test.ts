import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Build } from '@saltworks/contract/documents/builds';
import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import { encodeLines } from '@saltworks/contract/documents/document';
import { comparisonKey, rankedKey, rankedPrefix } from '@saltworks/contract/layout';
import { addUp } from '@saltworks/core/builds/add-up';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type CompareDeps, compared, listCompared } from '../../dist/builds/compare.js';
import { recordBuild } from '../../dist/builds/record.js';
import { NotFoundError } from '../../dist/errors.js';
import { describeDatabases } from '../databases.ts';

const subject = { kind: 'dataset', name: 'd' } as const;
const [first, second] = ['1'.repeat(16), '2'.repeat(16)];

describeDatabases('builds compared', ({ open }) => {
  let deps: CompareDeps;
  let store: ObjectStore;
  let folder: string;
  const started: string[] = [];
  /** What Temporal knows of runs. */
  const runs = new Map<string, Partial<DatasetRun>>();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'saltworks-compare-'));
    store = fileStore(folder);
    const { db } = await open();
    const client = {
      workflow: {
        start: async (_: string, { workflowId }: { workflowId: string }) => {
          started.push(workflowId);
          runs.set(workflowId, { state: 'running', ended: null });
          return {};
        },
        getHandle: () => ({}),
      },
    };
    const known = {
      list: async () => [...runs.values()],
      started: async ({ id }: { id: string }) => {
        const run = runs.get(id);
        if (!run) throw new NotFoundError('no such run');
        return { ...run, id };
      },
    };
    deps = { db, store, client, runs: known } as unknown as CompareDeps;
    const build = (id: string): Build => ({
      ...{ version: 1, id, subject, dataset: 'd', settings: [], images: 0, kept: 0, lines: [] },
    });
    await recordBuild(db, build(first), { base: null, why: 'drawn', by: null, state: 'made' });
    await recordBuild(db, build(second), { base: first, why: 're-labelled', by: null, state: 'made' });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    runs.clear();
    started.length = 0;
    await store.delete(comparisonKey(subject, first, second));
  });

  const image = (id: number, more: Partial<ComparedImage> = {}): ComparedImage => ({
    ...{ id, sha256: `${id}`, name: `${id}.png`, before: 'a', after: 'b', changed: 0, iou: 1, pixels: 1 },
    ...{ why: ['layer'], segments: [], classes: [{ category: 'cat', before: 1, after: 1, both: 1 }] },
    ...more,
  });
  /** Stores a comparison of the first build with the second, in parts. */
  async function store2(...parts: ComparedImage[][]) {
    const sums = addUp({ before: first, after: second });
    for await (const { key } of store.list(rankedPrefix(subject, first, second))) await store.delete(key);
    for (const [n, part] of parts.entries()) {
      for (const one of part) sums.add(one);
      await store.put(rankedKey(subject, first, second, n), encodeLines(part));
    }
    await store.put(comparisonKey(subject, first, second), JSON.stringify(sums.total()));
  }
  const pair = { build: second };
  const run = `compare/d/dataset:d/${first}-${second}`;

  test('the first question starts the run, the next ones follow it, and then the comparison is told', async () => {
    const asked = await compared(deps, subject, pair);
    expect(asked).toMatchObject({ before: first, after: second, comparison: null, run: { id: run, state: 'running' } });
    await compared(deps, subject, { build: second, before: first });
    expect(started).toEqual([run]);
    await store2([image(1)]);
    expect(await compared(deps, subject, pair)).toMatchObject({ comparison: { images: 1 }, run: null });
  });

  test('a run that failed is told for a while, then started again', async () => {
    runs.set(run, { state: 'failed', ended: new Date().toISOString(), reason: 'no space' });
    expect(await compared(deps, subject, pair)).toMatchObject({ run: { state: 'failed', reason: 'no space' } });
    expect(started).toEqual([]);
    runs.set(run, { state: 'failed', ended: new Date(Date.now() - 120_000).toISOString() });
    expect(await compared(deps, subject, pair)).toMatchObject({ run: { state: 'running' } });
    expect(started).toEqual([run]);
  });

  test('builds that are not there are not found', async () => {
    const other = 'f'.repeat(16);
    await expect(compared(deps, subject, { build: other })).rejects.toThrow(NotFoundError);
    await expect(compared(deps, subject, { build: second, before: other })).rejects.toThrow(NotFoundError);
  });

  test('images are listed across parts, and not before the whole is there', async () => {
    const all = Array.from({ length: 7 }, (_, i) => image(i + 1));
    await store2(all.slice(0, 3), all.slice(3, 6), all.slice(6));
    const ids: number[] = [];
    for (let after: string | undefined; ; ) {
      const { items, next } = await listCompared(deps, subject, pair, { after, limit: 2 });
      ids.push(...items.map(({ id }) => id));
      if (next === null) break;
      after = next;
    }
    expect(ids).toEqual([1, 2, 3, 4, 5, 6, 7]);
    await store.delete(comparisonKey(subject, first, second));
    expect(await listCompared(deps, subject, pair, { limit: 2 })).toEqual({ items: [], next: null });
  });

  test('images are filtered by category, cause and what was kept', async () => {
    const sky = [{ category: '', before: 0, after: 1, both: 0 }];
    await store2([image(1), image(2, { kept: 'accepted' }), image(3, { why: ['strokes', 'layer'], classes: sky })]);
    const ids = async (filter: object) =>
      (await listCompared(deps, subject, pair, { limit: 9, ...filter })).items.map(({ id }) => id);
    expect(await ids({ category: 'cat' })).toEqual([1, 2]);
    expect(await ids({ category: '' })).toEqual([3]);
    expect(await ids({ why: 'strokes' })).toEqual([3]);
    expect(await ids({ kept: true })).toEqual([2]);
    expect(await ids({ kept: false, why: 'layer' })).toEqual([1, 3]);
  });

  test('a question reads few parts, and says where the next one goes on', async () => {
    await store2(...Array.from({ length: 30 }, (_, i) => [image(i + 1, { why: i === 29 ? ['code'] : [] })]));
    const one = await listCompared(deps, subject, pair, { limit: 9, why: 'code' });
    expect(one.items).toEqual([]);
    const two = await listCompared(deps, subject, pair, { limit: 9, why: 'code', after: one.next as string });
    expect(two).toMatchObject({ items: [{ id: 30 }], next: null });
  });
});
