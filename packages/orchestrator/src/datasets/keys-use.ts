/** What draws on a dataset's sets of keys, now and before. */
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { BakeoffPlan } from '@saltworks/contract/documents/bakeoffs';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { keysId, reportsPrefix } from '@saltworks/contract/layout';
import { findPlan } from '@saltworks/store/bakeoffs/bakeoffs';
import { folderNames } from '@saltworks/store/objects/folder-names';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { keysWanted } from '../builds/read.ts';
import { listCampaigns } from '../campaigns/campaigns.ts';
import { keysOf } from '../campaigns/keys.ts';
import { builtWithOf, readPin } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import type { Runs } from '../runs/runs.ts';
import { describeMasks } from './mask-sets.ts';

interface UseDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
}

/** What is under way over a dataset. */
export interface UnderWay {
  runs: readonly DatasetRun[];
  /** Plans of bake-offs. */
  bakeoffs: readonly BakeoffPlan[];
}

/** Looks at what is under way over a dataset. */
export async function underWay(
  { store, runs }: { store: ObjectStore; runs: Pick<Runs, 'list' | 'bakeoffs'> },
  { name }: Pick<Dataset, 'name'>,
): Promise<UnderWay> {
  const [found, running] = await Promise.all([runs.list(name), runs.bakeoffs()]);
  const plans = await Promise.all(running.map(({ subject, bakeoff }) => findPlan(store, subject, bakeoff)));
  return {
    runs: found,
    bakeoffs: plans.filter((plan) => plan !== undefined && plan.dataset === name) as BakeoffPlan[],
  };
}

/** What draws on a set of keys now, in words; undefined where nothing does. */
export async function drawnBy(
  { db }: Pick<UseDeps, 'db'>,
  { name }: Pick<Dataset, 'name'>,
  keys: string,
  { runs, bakeoffs }: UnderWay,
): Promise<string | undefined> {
  const campaigns = await listCampaigns(db);
  const campaign = campaigns.find((each) => each.dataset === name && each.state !== 'closed' && keysOf(each) === keys);
  if (campaign) return `campaign ${campaign.id} draws on the keys ${keys}; expected none that is open or paused`;
  const wanted = (await keysWanted(db, name)).get(keys);
  if (wanted) {
    return `build ${wanted.build} of ${wanted.kind} ${wanted.name} ${wanted.why} and draws on the keys ${keys}; expected none that does`;
  }
  const pinned = await pinnedOn(db, name, keys);
  if (pinned) return `assignment ${pinned} on ${name} goes on with the keys ${keys}; expected none that does`;
  // Of a run that an earlier version started nobody knows which keys it takes.
  const run = runs.find((each) => each.state === 'running' && each.kind !== 'export' && (each.keys ?? keys) === keys);
  if (run) return `the run ${run.id} draws on the keys ${keys}; expected none under way`;
  const bakeoff = bakeoffs.find(({ variants }) => variants.some((variant) => variant.keys === keys));
  if (bakeoff) return `the bake-off ${bakeoff.id} draws on the keys ${keys}; expected none under way`;
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
