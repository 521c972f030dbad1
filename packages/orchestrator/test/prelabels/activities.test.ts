import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { extractReportKey, scribblesKey } from '@saltworks/contract/layout';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { readPlan, readTaughtImages } from '@saltworks/store/prelabels/prelabels';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Schema } from '../../dist/db/schema.js';
import { planPrelabels } from '../../dist/prelabels/activities.js';
import { images, makeBuildWorld, putDataset, recipeOf } from '../builds/world.ts';
import { makeUser } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';

describeDatabases('a plan of pre-labels', ({ open }) => {
  let db: Kysely<Schema>;
  const root = mkdtempSync(join(tmpdir(), 'saltworks-prelabels-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const store = fileStore(root);
  beforeAll(async () => {
    ({ db } = await open());
    for (const user of ['ada', 'owner']) await makeUser(db, user);
    await putDataset(store, 'ponds');
  }, 60_000);

  const extract = { backbone: 'tiny', facet: 'key' } as const;
  const plan = (subject: Subject, dataset = 'ponds') =>
    planPrelabels({ db, store, recipeOf }, { dataset, subject, extract, preset: 'best', solve: {} });
  const ponds: Subject = { kind: 'dataset', name: 'ponds' };
  const putKeys = (dataset: string) =>
    store.put(extractReportKey(dataset, 'tiny', 0), JSON.stringify({ version: 1, images: 3, failures: [] }));

  test('wants keys and strokes', async () => {
    await expect(plan(ponds)).rejects.toThrow(
      new InvalidInputError('no keys tiny of ponds; expected some (saltworks extract ponds)'),
    );
    await putKeys('ponds');
    await expect(plan(ponds)).rejects.toThrow(
      'no image of ponds has strokes; expected some (saltworks dataset import … --scribbles DIR), or --from CAMPAIGN',
    );
  });

  test('holds the strokes of a dataset, and is another one when they change', async () => {
    await store.put(scribblesKey('ponds', 0, images[1].sha256, '.json'), 'one');
    const first = await plan(ponds);
    expect(first).toMatchObject({ labelled: 1, parts: 1, images: 3, shards: 1 });
    expect(await plan(ponds)).toEqual(first);
    const lines = await readTaughtImages(store, await readPlan(store, { dataset: 'ponds', id: first.plan }), 0);
    expect(lines).toEqual([{ ...images[1], drawings: [{ strokes: sha256Of('one'), extension: '.json' }] }]);
    await store.put(scribblesKey('ponds', 0, images[1].sha256, '.json'), 'two');
    expect((await plan(ponds)).plan).not.toBe(first.plan);
  });

  test('holds what a campaign’s annotators handed in, and says by whom', async () => {
    const world = await makeBuildWorld(db, { store });
    await putKeys('pans');
    await expect(plan(world.subject, 'pans')).rejects.toThrow(
      `no image of campaign ${world.campaign.id} was handed in; expected at least one`,
    );
    const [task] = await world.tasks();
    const { strokes } = await world.draw('ada', task);
    const found = await plan(world.subject, 'pans');
    expect(found).toMatchObject({ labelled: 1 });
    const [line] = await readTaughtImages(store, await readPlan(store, { dataset: 'pans', id: found.plan }), 0);
    expect(line.drawings).toEqual([{ strokes, extension: '.json', by: 'ada' }]);
    await expect(plan(world.subject)).rejects.toThrow(
      `campaign ${world.campaign.id} is of pans; expected one of ponds`,
    );
  });
});
