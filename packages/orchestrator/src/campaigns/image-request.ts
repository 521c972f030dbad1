import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { ImageRequest } from '@saltworks/contract/messages/annotate';

/** An image with a campaign's settings, as workers are asked about it. */
export const imageRequestOf = (
  { backbone, preset, solve }: Campaign,
  { sha256, name, object }: ImageRequest['image'],
): ImageRequest => ({ image: { sha256, name, object }, extract: { backbone, facet: 'key' }, preset, solve });
