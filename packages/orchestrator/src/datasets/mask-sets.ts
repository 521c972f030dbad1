/** Mask sets of a dataset as the API describes them: settings, time, and the classes in them. */
import { isDeepStrictEqual } from 'node:util';
import type { MaskSet } from '@saltworks/contract/api/mask-sets';
import { type MaskDocument, maskDocument } from '@saltworks/contract/documents/masks';
import { maskReport } from '@saltworks/contract/documents/reports';
import { buildOf, campaignOf, maskKey, maskSetPrefix } from '@saltworks/contract/layout';
import { storedName } from '@saltworks/core/drawing/classes';
import { presets } from '@saltworks/core/options';
import { type ColouredClass, namedClasses } from '@saltworks/core/screen/colours';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { findBuild } from '../builds/read.ts';
import { readCampaigns } from '../campaigns/campaigns.ts';
import { keysOf } from '../campaigns/keys.ts';
import type { Schema } from '../db/schema.ts';
import { NotFoundError } from '../errors.ts';

/** Reports that are read for their classes, and reports that are listed for the time of the last. */
const most = { read: 32, listed: 1_000 };

/**
 * @param known names of the dataset's own categories
 * @param campaigns over the dataset that the caller may see, the oldest first: their classes keep their colours and names
 */
export async function describeMasks(
  db: Kysely<Schema>,
  store: ObjectStore,
  dataset: { name: string; known: readonly string[] },
  recipe: string,
  campaigns: readonly string[],
): Promise<MaskSet> {
  const id = campaignOf(recipe);
  const [campaign] = id === undefined ? [] : await readCampaigns(db, [id]);
  const { mask, names, made } = await lookThrough(store, dataset.name, recipe);
  const found = mask ? await readDocument(store, maskKey(mask, '.json'), maskDocument) : undefined;
  const build = await buildIn(db, dataset.name, recipe);
  // What a campaign draws on may have changed since its build was made.
  const origin =
    campaign && !build
      ? { backbone: keysOf(campaign), preset: campaign.preset, changed: campaign.solve }
      : originOf(found?.parameters);
  const used = new Set(campaign ? names : [...dataset.known, ...names]);
  const coloured = await coloursOf(db, campaign ? [campaign.id] : campaigns);
  const classes = namedClasses(used, campaign ? coloured : coloured.filter(({ id }) => used.has(id)));
  return {
    recipe,
    ...origin,
    campaign: campaign ? { id: campaign.id, name: campaign.name } : null,
    build,
    made: made?.toISOString() ?? null,
    classes: classes.map(({ id, colour, name }) => ({
      ...{ name: id, colour },
      ...(name !== undefined && name !== id && { called: name }),
    })),
  };
}

/** The build that a mask set holds; null if it is none's, or nobody noted it. */
async function buildIn(db: Kysely<Schema>, dataset: string, recipe: string): Promise<MaskSet['build']> {
  const id = buildOf(recipe);
  if (id === undefined) return null;
  const campaign = campaignOf(recipe);
  const subject =
    campaign === undefined
      ? ({ kind: 'dataset', name: dataset } as const)
      : ({ kind: 'campaign', name: campaign } as const);
  try {
    const { current, made } = await findBuild(db, subject, id);
    return { id, current, made };
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}

/** The preset that differs least from a mask's settings, and the differences. σ's factor belongs to the backbone. */
export function originOf(parameters: MaskDocument['parameters']): Pick<MaskSet, 'backbone' | 'preset' | 'changed'> {
  if (!parameters) return { backbone: null, preset: null, changed: {} };
  const { backbone, sigmaFactor: _, ...options } = parameters;
  const names = Object.keys(presets) as (keyof typeof presets)[];
  const differing = names.map((preset) => ({
    preset,
    changed: Object.fromEntries(
      Object.entries(options).filter(
        ([name, value]) =>
          Object.hasOwn(presets[preset], name) && !isDeepStrictEqual(value, presets[preset][name as never]),
      ),
    ),
  }));
  const size = ({ changed }: { changed: object }) => Object.keys(changed).length;
  const nearest = differing.reduce((best, one) => (size(one) < size(best) ? one : best));
  return { backbone: backbone ?? null, ...nearest };
}

/** One mask of a set, the set's classes, and the time of its last report. */
async function lookThrough(store: ObjectStore, dataset: string, recipe: string) {
  const names = new Set<string>();
  let mask: string | undefined;
  let made: Date | undefined;
  let listed = 0;
  for await (const { key, modified } of store.list(maskSetPrefix(dataset, recipe))) {
    if (!made || modified > made) made = modified;
    if (listed < most.read) {
      const report = await readDocument(store, key, maskReport);
      mask ??= report?.masks[0]?.mask;
      for (const { name } of report?.categories ?? []) names.add(name);
    }
    if (++listed === most.listed) break;
  }
  return { mask, names, made };
}

/** Classes of campaigns by what masks call them; the first campaign with one gives its colour and its name. */
async function coloursOf(db: Kysely<Schema>, campaigns: readonly string[]): Promise<ColouredClass<string>[]> {
  if (campaigns.length === 0) return [];
  const rows = await db
    .selectFrom('category')
    .select(['campaign', 'name', 'stored', 'colour'])
    .where('campaign', 'in', [...campaigns])
    .orderBy('id')
    .execute();
  rows.sort((a, b) => campaigns.indexOf(a.campaign) - campaigns.indexOf(b.campaign));
  const found = new Map<string, ColouredClass<string>>();
  for (const { name, stored, colour } of rows) {
    const id = storedName({ name, stored: stored ?? undefined });
    if (!found.has(id)) found.set(id, { id, colour, name });
  }
  return [...found.values()];
}
