/** The images that a filter of a dataset or a campaign finds, and lists of them that stay. */
import {
  type CampaignFilter,
  campaignFilter,
  type DatasetFilter,
  datasetFilter,
  type ImageFilter,
  type Selection,
} from '@saltworks/contract/api/filters';
import type { Subject } from '@saltworks/contract/documents/builds';
import * as z from '@saltworks/contract/zod';
import { countedIn } from '@saltworks/core/drawing/classes';
import { findSelection, writeSelection } from '@saltworks/store/datasets/selections';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { expectSeen } from '../api/access.ts';
import type { User } from '../api/auth.ts';
import { findCampaign } from '../campaigns/campaigns.ts';
import { fittingImages as ofCampaign, type TaskFilter } from '../campaigns/tasks/list.ts';
import { datasetOf } from '../datasets/datasets.ts';
import { type ImageDeps, fittingImages as ofDataset } from '../datasets/images.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { findFilter } from './saved.ts';
import { campaignsOver } from './work.ts';

export const datasetOfSubject = async (
  deps: Pick<ImageDeps, 'db' | 'store'>,
  { kind, name }: Subject,
): Promise<string> =>
  kind === 'campaign' ? (await findCampaign(deps.db, name)).dataset : (await datasetOf(deps.store, name)).name;

/** @throws ConflictError if the other kind alone can be asked so */
export const filterFor = ({ kind }: Subject, asked: ImageFilter): ImageFilter =>
  kind === 'campaign' ? ofTasks(asked) : ofImages(asked);

const ofTasks = (asked: ImageFilter): CampaignFilter => asFilter('campaign', campaignFilter, asked);
const ofImages = (asked: ImageFilter): DatasetFilter => asFilter('dataset', datasetFilter, asked);

function asFilter<T>(kind: Subject['kind'], schema: z.core.$ZodType<T>, asked: ImageFilter): T {
  const read = z.safeParse(schema, asked);
  if (read.success) return read.data;
  const fields = read.error.issues.map((issue) => ('keys' in issue ? issue.keys.join(', ') : String(issue.path[0])));
  throw new ConflictError(
    `a filter by ${[...new Set(fields)].join(', ')} as given; expected what images of a ${kind} are asked`,
  );
}

/** What was drawn of a class that was merged into another counts as that one. */
export async function taskFilter(db: ImageDeps['db'], campaign: string, asked: ImageFilter): Promise<TaskFilter> {
  const { category, ...rest } = ofTasks(asked);
  if (category === undefined) return rest;
  const { categories } = await findCampaign(db, campaign);
  return { ...rest, categories: [...new Set([category, ...countedIn(categories, category)])] };
}

/** Numbers of all images that fit, ascending. @param user who asks: work in campaigns that they review counts */
export async function findImages(
  deps: ImageDeps,
  subject: Subject,
  { asked, user }: { asked: ImageFilter; user: User },
): Promise<number[]> {
  if (subject.kind === 'campaign') {
    return ofCampaign(deps.db, subject.name, await taskFilter(deps.db, subject.name, asked));
  }
  const filter = ofImages(asked);
  const dataset = await datasetOf(deps.store, subject.name);
  await expectSeen(deps.db, user, filter.recipe);
  return ofDataset(deps, dataset, filter, await campaignsOver(deps.db, user, dataset.name));
}

/** The images, all of the subject. @throws NotFoundError */
export async function expectImages(
  deps: ImageDeps,
  { kind, name }: Subject,
  images: readonly number[],
): Promise<readonly number[]> {
  const stranger = (image: number) => new NotFoundError(`image ${image}; expected the number of an image of ${name}`);
  if (kind === 'dataset') {
    const stand = await datasetOf(deps.store, name);
    // In order: each shard is read once.
    for (const image of images.toSorted((a, b) => a - b)) {
      const shard = await deps.shards.find(stand, image);
      const all = shard === undefined ? [] : await deps.shards.read(stand, shard);
      if (!all.some(({ id }) => id === image)) throw stranger(image);
    }
    return images;
  }
  const rows = await deps.db
    .selectFrom('task')
    .select('image_id')
    .where('campaign', '=', name)
    .where('image_id', 'in', images)
    .execute();
  const known = new Set(rows.map(({ image_id }) => image_id));
  const missing = images.find((image) => !known.has(image));
  if (missing !== undefined) throw stranger(missing);
  return images;
}

/**
 * Fixes the images that fit a saved filter now.
 *
 * @throws NotFoundError if there is no such filter; ConflictError if it finds none
 */
export async function fixSelection(
  deps: ImageDeps,
  subject: Subject,
  { filter, user }: { filter: string; user: User },
): Promise<Selection> {
  const asked = await findFilter(deps.db, subject, filter);
  const images = await findImages(deps, subject, { asked, user });
  if (images.length === 0) throw new ConflictError(`filter ${filter} finds no image; expected one or more`);
  const dataset = await datasetOfSubject(deps, subject);
  const { kind, name } = subject;
  const id = await writeSelection(deps.store, { dataset, filter: { of: { kind, name }, name: filter, asked }, images });
  return { id, dataset, images: images.length, filter };
}

/** @throws NotFoundError if a dataset has no such list */
export async function selectionAt(store: ObjectStore, dataset: string, id: string): Promise<Selection> {
  const found = await findSelection(store, dataset, id);
  if (!found) throw new NotFoundError(`no selection ${id} of ${dataset}; expected one that a filter of it made`);
  return { id, dataset, images: found.images.length, filter: found.filter.name };
}
