/** What draws on a dataset's sets of keys, now and before. */
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { keysId, reportsPrefix } from '@saltworks/contract/layout';
import { folderNames } from '@saltworks/store/objects/folder-names';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { keysShown } from '../builds/read.ts';
import { listCampaigns } from '../campaigns/campaigns.ts';
import { keysOf } from '../campaigns/keys.ts';
import { builtWithOf, readPin } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { describeMasks } from './mask-sets.ts';

interface UseDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
}

/** What draws on a set of keys now, in words; undefined where nothing does. @param runs the dataset's */
export async function drawnBy(
  { db }: UseDeps,
  { name }: Pick<Dataset, 'name'>,
  keys: string,
  runs: readonly DatasetRun[],
): Promise<string | undefined> {
  const campaigns = await listCampaigns(db);
  const campaign = campaigns.find((each) => each.dataset === name && each.state !== 'closed' && keysOf(each) === keys);
  if (campaign) return `campaign ${campaign.id} draws on the keys ${keys}; expected none that is open or paused`;
  const shown = (await keysShown(db, name)).get(keys);
  if (shown) {
    return `build ${shown.build} of ${shown.kind} ${shown.name} is shown and draws on the keys ${keys}; expected none that does`;
  }
  const pinned = await pinnedOn(db, name, keys);
  if (pinned) return `assignment ${pinned} on ${name} goes on with the keys ${keys}; expected none that does`;
  // Of a run that an earlier version started nobody knows which keys it takes.
  const run = runs.find((each) => each.state === 'running' && each.kind !== 'export' && (each.keys ?? keys) === keys);
  if (run) return `the run ${run.id} draws on the keys ${keys}; expected none under way`;
  return undefined;
}

/** An open assignment that was opened with these keys and goes on with them, though its campaign has others by now. */
async function pinnedOn(db: Kysely<Schema>, dataset: string, keys: string): Promise<string | undefined> {
  const rows = await db
    .selectFrom('assignment')
    .innerJoin('campaign', 'campaign.id', 'assignment.campaign')
    .select(['assignment.id', 'assignment.pinned'])
    .where('campaign.dataset', '=', dataset)
    .where('campaign.state', '!=', 'closed')
    .where('assignment.state', 'in', ['leased', 'returned', 'sent_back'])
    .where('assignment.pinned', 'is not', null)
    .execute();
  return rows.find(({ pinned }) => {
    const pin = readPin(pinned);
    return pin !== null && keysId(pin.extract.backbone, pin.extract) === keys;
  })?.id;
}

/** When masks were last made with a dataset's sets of keys, or a run or a campaign that drew on them ended; by set. */
export async function lastUses(
  { db, store }: UseDeps,
  { name }: Pick<Dataset, 'name'>,
  runs: readonly DatasetRun[],
): Promise<Map<string, Date>> {
  const uses = new Map<string, Date>();
  const note = (keys: string | null, at: Date | string | null) => {
    if (keys === null || at === null) return;
    const time = new Date(at);
    if (time > (uses.get(keys) ?? new Date(0))) uses.set(keys, time);
  };
  for await (const recipe of folderNames(store, reportsPrefix(name, 'masks'))) {
    const { backbone, made } = await describeMasks(db, store, { name, known: [] }, recipe, []);
    note(backbone, made);
  }
  for (const { keys, ended } of runs) note(keys, ended);
  const builds = await db.selectFrom('build').select(['settings', 'made']).where('dataset', '=', name).execute();
  for (const { settings, made } of builds) for (const { keys } of builtWithOf(settings)) note(keys, made);
  const rows = await db.selectFrom('campaign').select(['id', 'updated']).where('dataset', '=', name).execute();
  const updated = new Map(rows.map((row) => [row.id, row.updated]));
  for (const campaign of await listCampaigns(db)) note(keysOf(campaign), updated.get(campaign.id) ?? null);
  return uses;
}
