/** Two campaigns, and an account in every relation to them. */
import type { BuildImage, Subject } from '@saltworks/contract/documents/builds';
import { encodeLines } from '@saltworks/contract/documents/document';
import {
  bakeoffReportKey,
  classPictureKey,
  comparisonKey,
  datasetKey,
  exportFileKey,
  exportSummaryKey,
  extractReportKey,
  keysKey,
  maskKey,
  maskReportKey,
  priorKey,
  shardKey,
  thumbnailKey,
  viewKey,
} from '@saltworks/contract/layout';
import { addUp } from '@saltworks/core/builds/add-up';
import { presets } from '@saltworks/core/options';
import { writePlan } from '@saltworks/store/bakeoffs/bakeoffs';
import { writeBuild } from '@saltworks/store/builds/builds';
import { putBuildReport, reportOf } from '@saltworks/store/builds/reports';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { writeQuery } from '@saltworks/store/searches/searches';
import { promoteBuild } from '../../dist/builds/promote.js';
import { recordBuild } from '../../dist/builds/record.js';
import { addEvent } from '../../dist/campaigns/assignments/events.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import { makeCampaign, makeUser } from '../campaigns/campaign.ts';
import { maskText } from '../stored.ts';
import type { TestServer } from './server.ts';

export const roles = [
  'nobody',
  'stranger',
  'annotator',
  'colleague',
  'reviewer',
  'manager',
  'outsider',
  'admin',
] as const;
export type Role = (typeof roles)[number];

export interface World {
  keys: Record<Role, string | undefined>;
  /** Objects of the campaign under test, and of another one that only `outsider` and `admin` take part in. */
  ours: Objects;
  theirs: Objects;
}

export interface Objects {
  campaign: string;
  task: string;
  /** Held by `annotator`. */
  assignment: string;
  /** A mask that answered the assignment, and is one image's in the mask set `best` of its dataset. */
  mask: string;
  dataset: string;
  /** Number in the dataset. */
  image: string;
  /** An export of the dataset. */
  export: string;
  /** A set of its keys, which its campaign draws on. */
  keys: string;
  /** The campaign, as addresses name it, a bake-off of it, and a build that is shown and was compared. */
  subject: string;
  bakeoff: string;
  /** The campaign as what webhooks tell of; a webhook, and something that was sent to it. */
  topic: string;
  webhook: string;
  delivery: string;
  build: string;
  /** Work for the campaign at set times, and a channel. */
  schedule: string;
  channel: string;
  /** A filter of the campaign's images. */
  filter: string;
  /** A search by example in its dataset. */
  search: string;
  /** A picture of its classes. */
  picture: string;
  /** What it hears of the corpus. */
  prior: string;
  /** An upload that is open, and a file of it. */
  upload: string;
  file: string;
}

export async function makeWorld(server: TestServer): Promise<World> {
  const { db, store } = server.deps;
  const keys = Object.fromEntries(
    await Promise.all(
      roles.map(async (role) => [
        role,
        role === 'nobody' ? undefined : await server.key(role, role === 'admin' ? 'admin' : 'member'),
      ]),
    ),
  );
  const make = async (
    annotator: string,
    members: Parameters<typeof makeCampaign>[1],
    letter: string,
    dataset: string,
  ) => {
    await makeUser(db, annotator);
    const campaign = await makeCampaign(db, { annotators: 20, images: 3, dataset, ...members });
    const assignment = (await takeTask(db, campaign, annotator, { chance: 1 }))!;
    const { task, image } = await findAssignment(db, assignment);
    const mask = letter.repeat(64);
    await db.transaction().execute((tx) => addEvent(tx, assignment, 'pixel', { n: 1, mask }));
    const row = { task, mask, weights: '{}' };
    await db.insertInto('consensus').values(row).execute();
    for (const key of [
      viewKey(image.sha256),
      thumbnailKey(image.sha256),
      keysKey(campaign.backbone, image.sha256),
      maskKey(mask, '.png'),
    ]) {
      await store.put(key, new TextEncoder().encode(`${letter} of ${key}`));
    }
    await store.put(maskKey(mask, '.json'), maskText());
    const picture = letter.repeat(64);
    await store.put(classPictureKey(campaign.id, picture), new TextEncoder().encode('a picture'));
    const prior = letter.repeat(64);
    await store.put(priorKey(prior), new TextEncoder().encode('a prior'));
    const solve = JSON.stringify({ corpus: prior });
    await db.updateTable('campaign').set({ solve }).where('id', '=', campaign.id).execute();
    const handed = {
      task,
      mask,
      campaign: campaign.id,
      user_id: 'owner',
      lease_until: new Date(),
      submitted: new Date(0),
    };
    await db
      .insertInto('assignment')
      .values({ id: `handed-${letter}`, state: 'submitted', ...handed })
      .execute();
    const { sha256, object, name, id } = image;
    await store.put(shardKey(dataset, 0), encodeLines([{ id, sha256, name, object, bytes: 1, version: '1' }]));
    await store.put(
      datasetKey(dataset),
      JSON.stringify({
        ...{ version: 1, name: dataset, source: '', images: 1, duplicates: 0, shards: 1, bytes: 1 },
        ...{ categories: [], updated: '' },
      }),
    );
    await store.put(extractReportKey(dataset, campaign.backbone, 0), JSON.stringify({ images: 1, failures: [] }));
    const masks = [{ id, sha256, name, mask }];
    await store.put(
      maskReportKey(dataset, 'best', 0),
      JSON.stringify({ images: 1, failures: [], categories: [], masks }),
    );
    const example = { width: 4, height: 4, region: [0, 1], box: [0, 0, 1, 1] as [number, number, number, number] };
    const extract = { backbone: campaign.backbone, facet: 'key' } as const;
    const search = await writeQuery(store, {
      ...{ dataset, extract, image: { id, sha256, name, object }, top: 1 },
      ...example,
    });
    const exported = `voc-${letter.repeat(16)}`;
    const summary = { format: 'voc', recipe: 'best', made: new Date().toISOString(), files: 1, bytes: 1 };
    await store.put(exportFileKey(dataset, exported, 'a.txt'), letter);
    await store.put(exportSummaryKey(dataset, exported), JSON.stringify(summary));
    const of = { kind: 'campaign', name: campaign.id } as const;
    const build = await showBuild(server, campaign.id, dataset, { id, sha256, name, object, mask });
    const compared = addUp({ before: null, after: build }).total();
    await store.put(comparisonKey(of, null, build), JSON.stringify(compared));
    const schedule = `schedule-${letter}`;
    await db
      .insertInto('schedule')
      .values({
        ...{
          id: schedule,
          work: JSON.stringify({ kind: 'consensus', campaign: campaign.id, weights: 'equal' }),
          campaign: campaign.id,
          cadence: 'every 1d',
        },
        ...{ timezone: 'UTC', overlap: 'skip', created_by: 'owner' },
      })
      .execute();
    const filter = `filter-${letter}`;
    const asked = { kind: 'campaign', name: campaign.id, filter, asked: '{"work":"none"}' } as const;
    await db.insertInto('image_filter').values(asked).execute();
    const upload = `upload-${letter}`;
    await db
      .insertInto('upload')
      .values({ id: upload, dataset, made_by: 'owner', state: 'open', labels: 'auto' })
      .execute();
    const file = { upload, file: 0, name: 'a.png', folded: 'a.png', bytes: 10, modified: 0, reason: null };
    await db.insertInto('upload_file').values(file).execute();
    const topic = `campaign:${campaign.id}`;
    const url = 'https://hooks.example.org/';
    const hook = { id: `webhook-${letter}`, topic, url, events: '[]', secret: 'sealed', created_by: 'owner' };
    await db.insertInto('webhook').values(hook).execute();
    const sent = { webhook: hook.id, message: 'msg_1', event: 'test', body: '{}', sent: true } as const;
    await db
      .insertInto('delivery')
      .values({ id: `delivery-${letter}`, ...sent })
      .execute();
    return {
      ...{ topic, webhook: hook.id, delivery: `delivery-${letter}` },
      ...{ schedule, channel: `channel-${letter}`, filter, upload, file: '0' },
      build,
      campaign: campaign.id,
      task,
      assignment,
      mask,
      picture,
      prior,
      dataset,
      image: String(id),
      export: exported,
      search,
      keys: campaign.backbone,
      subject: `campaign:${campaign.id}`,
      bakeoff: await storeBakeoff(store, { kind: 'campaign', name: campaign.id }, dataset),
    };
  };
  const ours = { annotator: ['annotator', 'colleague'], reviewer: ['reviewer'], manager: ['manager'] };
  return {
    keys,
    ours: await make('annotator', { members: ours }, 'a', 'pans'),
    theirs: await make('outsider', { members: { manager: ['outsider'] } }, 'b', 'ponds'),
  };
}

/** A bake-off that is done. @returns its id */
async function storeBakeoff(store: ObjectStore, subject: Subject, dataset: string): Promise<string> {
  const whole = { images: 1, drawn: 1, shards: 1 };
  const content = { subject, dataset, code: 1, seed: 1, variants: [], images: [], classes: [], whole };
  const { id } = await writePlan(store, content);
  const report = { version: 1, bakeoff: id, images: 0, judged: 0, strokes: 0, variants: [], failures: [] };
  await store.put(bakeoffReportKey(subject, id), JSON.stringify(report));
  return id;
}

/** @returns its id */
async function showBuild(
  { deps }: TestServer,
  campaign: string,
  dataset: string,
  image: Pick<BuildImage, 'id' | 'sha256' | 'name' | 'object' | 'mask'>,
): Promise<string> {
  const { store, db } = deps;
  const subject = { kind: 'campaign', name: campaign } as const;
  const line: BuildImage = { ...image, drawings: [], settings: 0 };
  const extract = { backbone: 'tiny', facet: 'key' } as const;
  const settings = [{ extract, preset: 'best', options: presets.best, recipe: 'best', code: null }] as const;
  const build = await writeBuild(store, { subject, dataset, settings: [...settings] }, [[line]]);
  await putBuildReport(store, build, 0, await reportOf(store, [line]));
  await recordBuild(db, build, { base: null, why: 'drawn', by: null, state: 'made' });
  await promoteBuild(deps, subject, build.id, { by: null, folded: true });
  return build.id;
}
