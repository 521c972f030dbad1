/** What a campaign's exports are of: the build that is shown, or only what reviewers accepted. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { buildRecipe, campaignRecipe } from '@saltworks/contract/layout';
import { readBuild } from '@saltworks/store/builds/builds';
import { publishMasks } from '../campaigns/publish.ts';
import type { PromoteDeps } from './promote.ts';
import { takeSnapshot } from './snapshot.ts';

export interface PublishedMasks {
  /** Names the mask set. */
  recipe: string;
  images: number;
  /** Null of accepted masks alone, and where there are none at all. */
  build: string | null;
}

/** Makes a campaign's masks a mask set of its dataset. @param by the account that asks for it */
export async function publishShown(
  deps: PromoteDeps,
  campaign: Campaign,
  { accepted, by }: { accepted: boolean; by: string },
): Promise<PublishedMasks> {
  if (accepted) {
    const images = await publishMasks(deps.db, deps.store, campaign, { accepted });
    return { recipe: campaignRecipe(campaign.id), images, build: null };
  }
  const subject = { kind: 'campaign', name: campaign.id } as const;
  const { shown } = await takeSnapshot(deps, { subject, by });
  if (shown === null) return { recipe: campaignRecipe(campaign.id), images: 0, build: null };
  const { images } = await readBuild(deps.store, subject, shown);
  return { recipe: buildRecipe(subject, shown), images, build: shown };
}
