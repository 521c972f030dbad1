/** Sets of keys: chosen where keys are made or used, listed by dataset. Several of one dataset lie side by side. */

import { defaultBackbone, facets } from '../kinds.ts';
import { codec } from '../options.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { backboneName, integer } from './fields.ts';

/** Which keys a request asks for. What it leaves out, the backbone decides. */
export const keysChoice = {
  backbone: z._default(backboneName, defaultBackbone),
  /** Attention layer, from 0. */
  layer: z.optional(z.int().check(z.gte(0), z.lte(999))),
  facet: z.optional(z.enum(facets)),
  /** Pixels of an image's longer side, as the backbone sees it. */
  longSide: z.optional(z.int().check(z.gte(1), z.lte(16_384))),
  /** How they are kept; float16 where nobody says otherwise. */
  codec: z.optional(codec),
};

export type KeysChoice = z.infer<z.ZodMiniObject<typeof keysChoice>>;

/** The keys that a campaign or a run draws on. Absent fields: the backbone's own. */
export const keysChosen = {
  backbone: z.string(),
  layer: z.optional(z.int()),
  facet: z._default(z.enum(facets), 'key'),
  longSide: z.optional(z.int()),
  codec: z.optional(z.string()),
};

export const keySet = z.described(
  z.object({
    /** Names the keys in commands, objects and mask sets. */
    id: z.string(),
    /** What they were made with; null where an earlier version made them and none can be read. */
    made: z.nullable(
      z.object({
        backbone: z.string(),
        layer: z.int(),
        facet: z.enum(facets),
        longSide: z.nullable(z.int()),
        codec: z.string(),
        /** Of the backbone's file; null where an earlier version made them. */
        sha256: z.nullable(z.string()),
      }),
    ),
    /** Images that have keys, and images that could have none. */
    images: z.int(),
    failed: z.int(),
    /** About as many, from a sample; null where there are none. */
    bytes: z.nullable(z.int()),
    /** Campaigns over the dataset that draw on them, of those that the caller may see. */
    campaigns: z.array(z.object({ id: z.string(), name: z.string() })),
  }),
  { id: 'KeySet' },
);
export type KeySetInfo = z.infer<typeof keySet>;

const at = '/api/datasets/:dataset/keysets';

export const getDatasetKeysets = endpoint({ method: 'GET', url: at, response: z.array(keySet) });

/** Removes a set of keys part by part: `next`, given as `from`, goes on; null at the end. */
export const deleteDatasetKeyset = endpoint({
  method: 'DELETE',
  url: `${at}/:keys`,
  query: z.object({ from: z._default(integer(0, 1_000_000_000), 0) }),
  response: z.object({ removed: z.int(), next: z.nullable(z.int()) }),
});
