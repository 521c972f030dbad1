import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractReportKey, maskKey } from '@saltworks/contract/layout';
import { formerVersions, readDataset } from '@saltworks/store/datasets/dataset';
import { importDataset } from '@saltworks/store/import/import';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { createCampaign } from '../../dist/campaigns/campaigns.js';
import { progressOf } from '../../dist/campaigns/progress.js';
import { publishMasks } from '../../dist/campaigns/publish.js';
import { extendCampaigns, fillCampaigns } from '../../dist/campaigns/tasks/fill.js';
import { listTasks } from '../../dist/campaigns/tasks/list.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import { listImages } from '../../dist/datasets/images.js';
import { openShards } from '../../dist/datasets/shards.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { maskText } from '../stored.ts';
import { makeUser } from './campaign.ts';

describeDatabases('tasks of files that change', ({ open }) => {
  let db: Kysely<Schema>;
  let scratch: string;
  let store: ObjectStore;
  beforeAll(async () => {
    ({ db } = await open());
    scratch = mkdtempSync(join(tmpdir(), 'saltworks-former-'));
  }, 60_000);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  let name: string;
  beforeEach(() => {
    store = fileStore(join(scratch, 'objects'));
    name = `d${Math.floor(Math.random() * 1e9)}`;
  });

  const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

  /** Imports files by name, and stores reports that all shards have their keys. */
  async function bring(files: Record<string, string>) {
    async function* source() {
      for (const [file, content] of Object.entries(files)) {
        yield { name: file, version: content, read: async () => new TextEncoder().encode(content) };
      }
    }
    const { dataset } = await importDataset(store, name, source(), { source: 's' });
    for (let shard = 0; shard < dataset.shards; shard++) {
      const report = { images: 1, failures: [], former: await formerVersions(store, name, shard) };
      await store.put(extractReportKey(name, 'tiny', shard), JSON.stringify(report));
    }
  }

  async function campaignOver(): Promise<Awaited<ReturnType<typeof createCampaign>>> {
    const categories = [{ id: 1, name: 'salt', colour: '#ffffff', isthing: false }];
    const { shards } = await readDataset(store, name);
    const campaign = await createCampaign(
      db,
      { id: name, name, dataset: name, backbone: 'tiny', preset: 'best', solve: {}, ordering: 'import', categories },
      { actor: await makeUser(db, 'owner'), shards },
    );
    await settle();
    return campaign;
  }

  const settle = async () => {
    await extendCampaigns(db, store);
    await fillCampaigns(db, store);
  };

  const tasks = async () => {
    const { items } = await listTasks(db, name, { limit: 50, order: 'given' });
    return items.map(({ image }) => `${image.name}${image.former ? ' (former)' : ''}`);
  };

  test('a former version is given to no annotator: a begun task stays, another one is deleted, and the new image is a task', async () => {
    await bring({ 'a.png': 'A', 'b.png': 'B', 'c.png': 'C' });
    const campaign = await campaignOver();
    expect(await tasks()).toEqual(['a.png', 'b.png', 'c.png']);
    const [ann, ben] = [await makeUser(db, `${name}-ann`), await makeUser(db, `${name}-ben`)];
    const [first] = [await takeTask(db, campaign, ann)];
    const held = await takeTask(db, campaign, ben);
    await submitAssignment(db, first as string, { n: 0, mask: 'one' });
    await store.put(maskKey('one', '.json'), maskText());
    expect(await publishMasks(db, store, campaign)).toBe(1);

    await bring({ 'a.png': 'A2', 'b.png': 'B2', 'c.png': 'C2' });
    await settle();
    expect(await tasks()).toEqual(['a.png (former)', 'b.png (former)', 'a.png', 'b.png', 'c.png']);
    expect(await progressOf(db, name)).toMatchObject({ filled: true, tasks: 3, done: 0, former: 2 });
    // Its annotator goes on with it, and submits.
    expect(await takeTask(db, campaign, ben)).toBe(held);
    await submitAssignment(db, held as string, { n: 0, mask: 'two' });
    const { image } = await findAssignment(db, held as string);
    expect(image).toMatchObject({ name: 'b.png', former: true, sha256: sha256('B') });
    const next = await takeTask(db, campaign, ben);
    expect((await findAssignment(db, next as string)).image).toMatchObject({ name: 'a.png', sha256: sha256('A2') });
    // Its mask is in no export, and the pages of the dataset show one image of the name.
    expect(await publishMasks(db, store, campaign)).toBe(0);
    const { items } = await listImages(
      { db, store, shards: openShards(store) },
      await readDataset(store, name),
      { limit: 50 },
      [],
    );
    expect(items.map((item) => [item.name, item.sha256])).toEqual([
      ['a.png', sha256('A2')],
      ['b.png', sha256('B2')],
      ['c.png', sha256('C2')],
    ]);
  });

  test('a file with its old bytes again has its old task again, drawings included', async () => {
    await bring({ 'a.png': 'A', 'b.png': 'B' });
    const campaign = await campaignOver();
    const ann = await makeUser(db, `${name}-ann`);
    await submitAssignment(db, (await takeTask(db, campaign, ann)) as string, { n: 0, mask: 'one' });
    await store.put(maskKey('one', '.json'), maskText());
    await bring({ 'a.png': 'A2', 'b.png': 'B2' });
    await settle();
    expect(await tasks()).toEqual(['a.png (former)', 'a.png', 'b.png']);
    await bring({ 'a.png': 'A', 'b.png': 'B' });
    await settle();
    expect(await tasks()).toEqual(['a.png', 'b.png']);
    expect(await progressOf(db, name)).toMatchObject({ filled: true, tasks: 2, done: 1 });
    expect(await publishMasks(db, store, campaign)).toBe(1);
  });

  test('an image of several names is one task under a name that it still has, and is published under all names', async () => {
    await bring({ 'a.png': 'same', 'b.png': 'same' });
    await campaignOver();
    expect(await tasks()).toEqual(['a.png']);
    const list = async () =>
      (await listImages({ db, store, shards: openShards(store) }, await readDataset(store, name), { limit: 50 }, []))
        .items;
    expect(await list()).toMatchObject([{ name: 'a.png', also: ['b.png'] }]);
    await bring({ 'a.png': 'other', 'b.png': 'same' });
    await settle();
    expect(await tasks()).toEqual(['b.png', 'a.png']);
    expect((await list()).map((image) => image.name)).toEqual(['b.png', 'a.png']);
  });
});
