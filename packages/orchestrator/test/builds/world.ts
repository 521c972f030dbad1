/** A campaign over a dataset of three images, drawn on and answered as annotators and workers do, without either. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Build, BuildImage, BuildSettings, Subject } from '@saltworks/contract/documents/builds';
import { encodeLines } from '@saltworks/contract/documents/document';
import { datasetKey, drawingKey, keysId, maskKey, shardKey } from '@saltworks/contract/layout';
import type { MaskSettings } from '@saltworks/contract/messages/activities';
import { solveOptions } from '@saltworks/core/options';
import { readBuild, writeBuild } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { maskId, maskOf, recipeName } from '@saltworks/store/builds/mask-names';
import { putBuildReport, reportOf } from '@saltworks/store/builds/reports';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { afterAll } from 'vitest';
import type { PromoteDeps } from '../../dist/builds/promote.js';
import { putDrawing } from '../../dist/campaigns/answers/drawings.js';
import { appendInteractions } from '../../dist/campaigns/assignments/interactions.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { findCampaign } from '../../dist/campaigns/campaigns.js';
import type { Schema } from '../../dist/db/schema.js';
import { makeCampaign } from '../campaigns/campaign.ts';
import { maskText } from '../stored.ts';

export const images = [1, 2, 3].map((id) => ({
  ...{ id, sha256: id.toString(16).padStart(64, '0'), name: `${id}.png`, object: `images/${id}.png` },
}));

/** As the worker does, for any backbone. */
export const recipeOf: PromoteDeps['recipeOf'] = async ({ extract, preset, solve }: MaskSettings) => {
  const options = solveOptions(preset, { sigma: 0.15 }, solve);
  return { recipe: recipeName(keysId(extract.backbone, extract), options), options };
};

function freshStore(): ObjectStore {
  const root = mkdtempSync(join(tmpdir(), 'saltworks-build-world-'));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  return fileStore(root);
}

export interface BuildWorld {
  deps: PromoteDeps;
  campaign: Campaign;
  subject: Subject;
  /** Draws on an image and submits it with the mask that the campaign's settings give. @returns the assignment and its mask */
  draw(user: string, task: string, strokes?: number): Promise<{ id: string; mask: string; strokes: string }>;
  /** Ids of tasks, in the order of the images. */
  tasks(): Promise<string[]>;
  /** A build of the same strokes with other settings, its masks made. */
  rebuilt(of: string, settings: Partial<BuildSettings['extract']>): Promise<Build>;
}

/** @param db with tables @param options of `makeCampaign` */
export async function makeBuildWorld(
  db: Kysely<Schema>,
  { store = freshStore(), ...options }: Parameters<typeof makeCampaign>[1] & { store?: ObjectStore } = {},
): Promise<BuildWorld> {
  await putDataset(store, 'pans');
  const campaign = await makeCampaign(db, { dataset: 'pans', ...options });
  await db.updateTable('task').set({ width: 4, height: 4 }).where('campaign', '=', campaign.id).execute();
  const subject = { kind: 'campaign', name: campaign.id } as const;
  let clock = Date.now() - 600_000;

  const world: BuildWorld = {
    deps: { db, store, recipeOf },
    campaign,
    subject,
    async draw(user, task, strokes = 1) {
      const id = `${user}-${task}`;
      const lease = { state: 'leased', lease_until: new Date(Date.now() + 900_000) } as const;
      await db
        .insertInto('assignment')
        .values({ id, task, campaign: campaign.id, user_id: user, ...lease })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(lease))
        .execute();
      const before = (await findAssignment(db, id)).n;
      const stroke = (seq: number) => ({
        seq,
        interaction: {
          kind: 'stroke',
          segment: 0,
          points: [
            [1, 1],
            [seq % 4, 2],
          ] as [number, number][],
          radius: 1,
        } as const,
      });
      const segment = { seq: 1, interaction: { kind: 'segment', id: 1, category: 2 } as const };
      const news = Array.from({ length: strokes }, (_, i) => stroke(before + i + (before === 0 ? 2 : 1)));
      await appendInteractions(
        db,
        id,
        { client: 'window', interactions: before === 0 ? [segment, ...news] : news } as never,
        { until: new Date(Date.now() + 900_000), size: { width: 4, height: 4 }, categories: [1, 2] },
      );
      const assignment = await findAssignment(db, id);
      const now = await findCampaign(db, campaign.id);
      await putDrawing({ db, store }, assignment, now);
      const drawn = sha256Of(await store.get(drawingKey(id, assignment.n)));
      const { recipe, options } = await recipeOf({ extract: extractOf(now), preset: now.preset, solve: now.solve });
      const mask = maskId(assignment.image.sha256, drawn, recipe);
      await putMask(store, mask, keysId(now.backbone, extractOf(now)), options);
      clock += 1_000;
      await submitAssignment(db, id, { n: assignment.n, mask }, new Date(clock));
      return { id, mask, strokes: drawn };
    },
    async tasks() {
      const rows = await db
        .selectFrom('task')
        .select('id')
        .where('campaign', '=', campaign.id)
        .orderBy('image_id')
        .execute();
      return rows.map(({ id }) => id);
    },
    async rebuilt(of, changed) {
      const build = await readBuild(store, subject, of);
      const extract = { ...build.settings[0].extract, ...changed };
      const { preset } = build.settings[0];
      const { recipe, options } = await recipeOf({ extract, preset, solve: {} });
      const settings = [{ extract, preset, options, recipe, code: 6 }];
      const lines = await Promise.all(
        build.lines.map(async (sha256) =>
          (await readBuildLines(store, sha256)).map((line): BuildImage => {
            const { sha256, drawings, consensus } = line;
            const mask = maskOf({ sha256, drawings, consensus }, { recipe });
            return mask === undefined ? line : { ...line, mask, settings: 0 };
          }),
        ),
      );
      const made = await writeBuild(store, { subject, dataset: 'pans', settings }, lines);
      for (const [shard, each] of lines.entries()) {
        for (const { mask } of each) await putMask(store, mask, keysId(extract.backbone, extract), options);
        await putBuildReport(store, made, shard, await reportOf(store, each));
      }
      return made;
    },
  };
  return world;
}

const extractOf = ({ backbone, layer, facet, longSide, codec }: Campaign) => ({
  backbone,
  layer,
  facet,
  longSide,
  codec,
});

export async function putDataset(store: ObjectStore, name: string) {
  await store.put(shardKey(name, 0), encodeLines(images.map((image) => ({ ...image, bytes: 1, version: '1' }))));
  const counts = { images: images.length, duplicates: 0, shards: 1, bytes: 1 };
  const document = { version: 1, name, source: '', ...counts, categories: [], updated: '' };
  await store.put(datasetKey(name), JSON.stringify(document));
}

/** A mask as workers store it. */
export async function putMask(store: ObjectStore, mask: string, keys: string, options: object) {
  await store.put(maskKey(mask, '.png'), `png of ${mask}`);
  const categories = [{ id: 1, name: 'heap', isthing: 1 as const }];
  await store.put(maskKey(mask, '.json'), maskText({ categories, parameters: { backbone: keys, ...options } }));
}
