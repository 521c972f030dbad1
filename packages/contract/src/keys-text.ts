/** Sets of keys in words: the same on pages and in commands. */

import { defaultCodec } from './kinds.ts';

interface Chosen {
  backbone: string;
  /** Null or absent: the backbone's own. */
  layer?: number | null;
  facet?: string;
  longSide?: number | null;
  codec?: string;
}

/** "dinov2-small-focus", or "dinov2-small-focus, layer 9, value, 154 px, int8". */
export const keysText = ({ backbone, layer, facet = 'key', longSide, codec = defaultCodec }: Chosen): string =>
  [
    backbone,
    ...(layer == null ? [] : [`layer ${layer}`]),
    ...(facet === 'key' ? [] : [facet]),
    ...(longSide == null ? [] : [`${longSide} px`]),
    ...(codec === defaultCodec ? [] : [codec]),
  ].join(', ');
