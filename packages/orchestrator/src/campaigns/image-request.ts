import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { ImageRequest } from '@saltworks/contract/messages/annotate';
import { extractOf } from './keys.ts';

/** An image with a campaign's settings, as workers are asked about it. */
export const imageRequestOf = (campaign: Campaign, { sha256, name, object }: ImageRequest['image']): ImageRequest => ({
  image: { sha256, name, object },
  extract: extractOf(campaign),
  preset: campaign.preset,
  solve: campaign.solve,
});
