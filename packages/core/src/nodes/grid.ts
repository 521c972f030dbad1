/** The grid of nodes over an image's patches. */
import { unknownKind } from '@saltworks/contract/errors';
import { upsampleKinds } from '@saltworks/contract/kinds';
import type { Upsample } from '@saltworks/contract/options';
import type { Keys } from '../keys/keys.ts';

/** Nodes a patch along each axis. */
export function nodesPerPatch(upsample: Upsample): 1 | 2 {
  switch (upsample) {
    case 'linear':
      return 2;
    case 'none':
      return 1;
    default:
      return unknownKind('upsample', upsample, upsampleKinds);
  }
}

/** Patches, and the nodes made of them. */
export interface Grid {
  /** Rows and columns of patches. */
  h: number;
  w: number;
  /** Whether nodes are the 2h × 2w grid between patches, or the patches themselves. */
  double: boolean;
  /** Rows and columns of nodes. */
  height: number;
  width: number;
}

export function gridOf({ h, w }: Pick<Keys, 'h' | 'w'>, upsample: Upsample): Grid {
  const factor = nodesPerPatch(upsample);
  return { h, w, double: factor === 2, height: factor * h, width: factor * w };
}
