/** The keys that a campaign draws on. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { keysId } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';

export type Chosen = Pick<Campaign, 'backbone' | 'layer' | 'facet' | 'longSide' | 'codec'>;

export const extractOf = ({ backbone, layer, facet, longSide, codec }: Chosen): ExtractSettings => ({
  backbone,
  layer,
  facet,
  longSide,
  codec,
});

/** Their id. */
export const keysOf = (campaign: Chosen): string => keysId(campaign.backbone, extractOf(campaign));
