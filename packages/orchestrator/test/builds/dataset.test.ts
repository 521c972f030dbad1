import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { maskReportKey, scribblesKey } from '@saltworks/contract/layout';
import { readBuild, readSnapshot } from '@saltworks/store/builds/builds';
import { readBuildLines, readSnapshotLines } from '@saltworks/store/builds/lines';
import { maskId } from '@saltworks/store/builds/mask-names';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shownBuild } from '../../dist/builds/current.js';
import { rollBack } from '../../dist/builds/promote.js';
import { takeSnapshot } from '../../dist/builds/snapshot.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { images, putDataset, putMask, recipeOf } from './world.ts';

describeDatabases('builds of a dataset', ({ open }) => {
  let db: Kysely<Schema>;
  const root = mkdtempSync(join(tmpdir(), 'saltworks-dataset-builds-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const store = fileStore(root);
  beforeAll(async () => {
    ({ db } = await open());
    await putDataset(store, 'ponds');
  }, 60_000);

  const subject = { kind: 'dataset', name: 'ponds' } as const;
  const snap = () => takeSnapshot({ db, store, recipeOf }, { subject, by: null });
  /** As a propagation leaves it. */
  const propagate = async (backbone: string, drawn: Record<number, string>) => {
    const { recipe, options } = await recipeOf({ extract: { backbone, facet: 'key' }, preset: 'paper', solve: {} });
    const masks = await Promise.all(
      Object.entries(drawn).map(async ([index, scribbles]) => {
        const { id, sha256, name } = images[Number(index)];
        await store.put(scribblesKey('ponds', 0, sha256, '.json'), scribbles);
        const mask = maskId(sha256, sha256Of(scribbles), recipe);
        await putMask(store, mask, backbone, options);
        return { id, sha256, name, mask };
      }),
    );
    const report = { version: 1, images: masks.length, failures: [], categories: [], masks };
    await store.put(maskReportKey('ponds', recipe, 0), JSON.stringify(report));
    return masks.map(({ mask }) => mask);
  };

  test('the first is of the newest masks; newer ones count once their scribbles have changed', async () => {
    expect(await snap()).toMatchObject({ shown: null, images: 0 });
    await propagate('old', { 0: 'one' });
    const [first, second] = await propagate('tiny', { 0: 'one', 1: 'two' });
    await store.put(scribblesKey('ponds', 0, images[2].sha256, '.png'), 'a picture');
    const taken = await snap();
    expect(taken).toMatchObject({ images: 3, dataset: 'ponds', shards: 1 });
    const build = await readBuild(store, subject, taken.shown as string);
    expect(build.settings).toMatchObject([{ extract: { backbone: 'tiny', facet: 'key' }, preset: 'paper', code: 6 }]);
    expect(await readBuildLines(store, build.lines[0])).toEqual(
      [first, second].map((mask, i) => ({
        ...{ ...images[i], mask, settings: 0 },
        drawings: [{ strokes: sha256Of(['one', 'two'][i]), extension: '.json' }],
      })),
    );
    const lines = await readSnapshotLines(store, (await readSnapshot(store, taken.snapshot)).lines[0]);
    expect(lines.map(({ drawings, shown }) => [drawings[0].extension, shown?.mask])).toEqual([
      ['.json', first],
      ['.json', second],
      ['.png', undefined],
    ]);
    expect(await snap()).toEqual(taken);

    // A mask of other scribbles: whose it is, nobody knows until it is made anew.
    const [, other] = await propagate('other', { 0: 'one', 1: 'two again' });
    const next = await snap();
    const changed = await readBuild(store, subject, next.shown as string);
    expect((await readBuildLines(store, changed.lines[0])).map(({ mask, settings }) => [mask, settings])).toEqual([
      [first, 0],
      [other, 1],
    ]);
    expect((await shownBuild(db, subject))?.build).toBe(next.shown);
    await expect(rollBack({ db, store, recipeOf }, subject, { by: null })).rejects.toThrow(
      'the first that dataset ponds',
    );
  });
});
