/** The choice of keys as typed into a form. */
import { defaultBackbone, facets } from '@saltworks/contract/kinds';
import * as z from '@saltworks/contract/zod';

export const keysDraft = {
  backbone: z.string(),
  /** Numbers, or empty for the backbone's own. */
  layer: z.string(),
  longSide: z.string(),
  /** float16, int8 or pca-N; empty for float16. */
  codec: z.string(),
  facet: z.union([z.literal(''), z.enum(facets)]),
};
const draft = z.object(keysDraft);
export type KeysDraft = z.infer<typeof draft>;

export const emptyKeys: KeysDraft = { backbone: defaultBackbone, layer: '', facet: '', longSide: '', codec: '' };

/** As the API takes it: what is left to the backbone is left out. */
export const keysOf = ({ backbone, layer, facet, longSide, codec }: KeysDraft) => ({
  backbone,
  ...(layer.trim() === '' ? {} : { layer: Number(layer) }),
  ...(facet === '' ? {} : { facet }),
  ...(longSide.trim() === '' ? {} : { longSide: Number(longSide) }),
  ...(codec.trim() === '' ? {} : { codec: codec.trim() }),
});
