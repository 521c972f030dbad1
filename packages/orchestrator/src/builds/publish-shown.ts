/** What a campaign's exports are of: the build that is shown, or only what reviewers accepted. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { buildRecipe, campaignRecipe } from '@saltworks/contract/layout';
import { readBuild } from '@saltworks/store/builds/builds';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { campaignAt } from '../campaigns/label-schema.ts';
import { numberCategories, publishMasks } from '../campaigns/publish.ts';
import type { PromoteDeps } from './promote.ts';
import { takeSnapshot } from './snapshot.ts';

export interface PublishedMasks {
  /** Names the mask set. */
  recipe: string;
  images: number;
  /** Null of accepted masks alone, and where there are none at all. */
  build: string | null;
}

/**
 * Makes a campaign's masks a mask set of its dataset.
 *
 * @param schema the version of the classes that exports may ask for; default the current one
 * @param by the account that asks for it
 * @throws NotFoundError if there is no such version
 */
export async function publishShown(
  deps: PromoteDeps,
  campaign: Campaign,
  { accepted, schema, by }: { accepted: boolean; schema?: number; by: string },
): Promise<PublishedMasks> {
  const then = await campaignAt(deps.db, campaign, schema);
  if (accepted) {
    const images = await publishMasks(deps.db, deps.store, then, { accepted });
    return { recipe: campaignRecipe(campaign.id), images, build: null };
  }
  const subject = { kind: 'campaign', name: campaign.id } as const;
  const { shown } = await takeSnapshot(deps, { subject, by });
  if (shown === null) return { recipe: campaignRecipe(campaign.id), images: 0, build: null };
  if (then !== campaign) {
    const { categories } = await readDataset(deps.store, campaign.dataset);
    await numberCategories(deps.store, then, categories);
  }
  const { images } = await readBuild(deps.store, subject, shown);
  return { recipe: buildRecipe(subject, shown), images, build: shown };
}
