/** A campaign's masks published as a mask set of its dataset, which exports read like any other. */
import type { Campaign, LabelCategory } from '@saltworks/contract/api/campaigns';
import type { Attribute } from '@saltworks/contract/attributes';
import type { Category } from '@saltworks/contract/categories';
import type { CalledClass } from '@saltworks/contract/documents/classes';
import { maskDocument } from '@saltworks/contract/documents/masks';
import type { MaskReport } from '@saltworks/contract/documents/reports';
import { campaignRecipe, maskKey, maskReportKey } from '@saltworks/contract/layout';
import { countedAs, storedName } from '@saltworks/core/drawing/classes';
import { orderedCategories } from '@saltworks/core/formats/exporter';
import { addCategories, findCategory } from '@saltworks/core/mask/mask';
import { numberClasses } from '@saltworks/store/datasets/classes';
import { readDataset, readShard } from '@saltworks/store/datasets/dataset';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { readShown } from './tasks/shown.ts';

/**
 * Writes the mask set: of every image the mask that is shown.
 *
 * @param accepted only accepted masks
 * @returns how many images have a mask
 */
export async function publishMasks(
  db: Kysely<Schema>,
  store: ObjectStore,
  campaign: Campaign,
  { accepted = false } = {},
): Promise<number> {
  const { id, dataset } = campaign;
  const { shards, categories: known } = await readDataset(store, dataset);
  const recipe = campaignRecipe(campaign.id);
  await numberCategories(store, campaign, known);
  let published = 0;
  for (let shard = 0; shard < shards; shard++) {
    const images = await readShard(store, dataset, shard);
    const chosen = await chosenMasks(
      db,
      id,
      images.map(({ sha256 }) => sha256),
      accepted,
    );
    const report: MaskReport = { version: 1, images: 0, failures: [], categories: [], masks: [] };
    for (const { id, sha256, name } of images) {
      const mask = chosen.get(sha256);
      const document = mask ? await readDocument(store, maskKey(mask, '.json'), maskDocument) : undefined;
      if (!mask || !document) continue;
      report.images++;
      addCategories(report.categories, document.categories);
      report.masks.push({ id, sha256, name, mask });
    }
    await store.put(maskReportKey(dataset, recipe, shard), JSON.stringify(report));
    published += report.images;
  }
  return published;
}

/**
 * Numbers the campaign's categories in its order, not in that of drawing, and notes what their version calls them and asks. Numbers belong
 * to what masks call categories, so they stay whatever is renamed or merged.
 *
 * @param known categories of the dataset
 */
export async function numberCategories(
  store: ObjectStore,
  { id, dataset, categories: classes, attributes = [], schema }: Campaign,
  known: readonly Category[],
): Promise<void> {
  const storedOf = (category: LabelCategory): Category => ({
    ...{ id: category.id, name: storedName(category), isthing: category.isthing ? 1 : 0 },
  });
  const called = (categories: readonly Category[]): CalledClass[] =>
    classes.flatMap((category) => {
      const number = findCategory(categories, storedOf(category))?.id;
      const end = countedAs(classes, category.id) ?? category;
      const merged = end === category ? undefined : findCategory(categories, storedOf(end))?.id;
      const { name } = category;
      if (number === undefined || (merged === undefined && name === storedName(category))) return [];
      return [{ id: number, name, ...(merged !== undefined && { merged }) }];
    });
  // What is asked of a class is asked of the one that it counts as, too.
  const numbersOf = (categories: readonly Category[], id: number): number[] =>
    [classes.find((category) => category.id === id), countedAs(classes, id)].flatMap((category) => {
      const number = category && findCategory(categories, storedOf(category))?.id;
      return number === undefined ? [] : [number];
    });
  const asked = (categories: readonly Category[]): Attribute[] =>
    attributes.map(({ classes: of, ...attribute }) => ({
      ...attribute,
      ...(of && { classes: [...new Set(of.flatMap((id) => numbersOf(categories, id)))] }),
    }));
  await numberClasses(store, { dataset, recipe: campaignRecipe(id) }, known, classes.map(storedOf), {
    schema: { version: schema, called, attributes: asked },
    check: (categories) => void orderedCategories({ name: dataset, date: '', categories }),
  });
}

async function chosenMasks(
  db: Kysely<Schema>,
  campaign: string,
  images: readonly string[],
  accepted: boolean,
): Promise<Map<string, string>> {
  const chosen = new Map<string, string>();
  for (const { sha256, shown } of await readShown(db, campaign, images, accepted ? ['accepted'] : undefined)) {
    if (shown !== null) chosen.set(sha256, shown);
  }
  return chosen;
}
