/** Removes masks, and what builds refer to, of a campaign or a dataset that goes for good: as far as nothing else refers to them. */
import type { Subject } from '@saltworks/contract/documents/builds';
import { agreementPrefix } from '@saltworks/contract/layout';
import { forEachMask, forEachReference, maskObjects } from '@saltworks/store/builds/references';
import { removeBelow, removeObjects } from '@saltworks/store/datasets/remove';
import type { CallOptions, ObjectStore } from '@saltworks/store/objects/store';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';

/** What goes. */
export interface Going {
  /** Which sets of masks. */
  ofSet(dataset: string, recipe: string): boolean;
  /** Whose builds and snapshots. */
  ofSubject(subject: Subject): boolean;
  /** The campaign whose rows go; null: none do. */
  campaign: string | null;
  /** Masks that its rows name. */
  named: readonly string[];
}

/** Masks that one question of the database is about. */
const aQuestion = 10_000;

/** To be called before what names them goes, so that another try finds them again. */
export async function removeMasks(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  { ofSet, ofSubject, campaign, named }: Going,
  options?: CallOptions,
): Promise<void> {
  const mayGo = new Set<string>();
  const masks = new Set<string>();
  const mask = (each: string) => {
    masks.add(each);
    for (const key of maskObjects(each)) mayGo.add(key);
  };
  named.forEach(mask);
  await forEachMask(store, ofSet, mask, options);
  await forEachReference(store, ofSubject, (key) => mayGo.add(key), options);
  if (mayGo.size === 0) return;
  // What others refer to stays.
  const stays = (key: string) => void mayGo.delete(key);
  const staysMask = (each: string) => {
    masks.delete(each);
    maskObjects(each).forEach(stays);
  };
  await forEachMask(store, (dataset, recipe) => !ofSet(dataset, recipe), staysMask, options);
  await forEachReference(store, (subject) => !ofSubject(subject), stays, options);
  const left = [...masks];
  for (let from = 0; from < left.length; from += aQuestion)
    for (const each of await masksOfOthers(db, campaign, left.slice(from, from + aQuestion))) staysMask(each);

  await removeObjects(store, mayGo, options);
  for (const each of masks) await removeBelow(store, agreementPrefix(each), options);
}

/** Those of some masks that rows of other campaigns name. */
async function masksOfOthers(db: Kysely<Schema>, id: string | null, masks: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ mask: string }>`
    with given as (select jsonb_array_elements_text(${JSON.stringify(masks)}::jsonb) as mask)
    select given.mask from given where
      exists (select from assignment a where a.mask = given.mask and a.campaign is distinct from ${id}::text)
      or exists (select from review join assignment a on a.id = review.assignment where review.mask = given.mask and a.campaign is distinct from ${id}::text)
      or exists (select from consensus join task on task.id = consensus.task where consensus.mask = given.mask and task.campaign is distinct from ${id}::text)
      or exists (select from build_mask join task on task.id = build_mask.task where build_mask.mask = given.mask and task.campaign is distinct from ${id}::text)`.execute(
    db,
  );
  return rows.map(({ mask }) => mask);
}
