/** Backbones: those that everyone knows by name, and those that were added to the store. */

import { facets } from '../kinds.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';

export const backbone = z.described(
  z.object({
    name: z.string(),
    /** Added to the store by somebody; else known to every worker. */
    own: z.boolean(),
    licence: z.string(),
    /** Set where these terms must be accepted before it is fetched. */
    terms: z.nullable(z.string()),
    /** Where its file comes from, in words. */
    source: z.string(),
    note: z.string(),
    /** Whether its file is where this server looks; null where only workers know. */
    here: z.nullable(z.boolean()),
    /** Of its file; null until it is known. */
    bytes: z.nullable(z.int()),
    /** Of its file, hex; null until it was fetched once. */
    sha256: z.nullable(z.string()),
    /** Side of a patch, and the longer side of an image as it sees it, pixels. */
    patch: z.int(),
    longSide: z.int(),
    /** What is taken unless a request says otherwise; null: the last layer. */
    layer: z.nullable(z.int()),
    facet: z.enum(facets),
    /** Sizes of the network; `dim` is the length of a key. */
    layers: z.int(),
    heads: z.int(),
    dim: z.int(),
    /** What was found in its file, and what the self-check said; null where this server has not seen it opened. */
    found: z.nullable(
      z.object({
        prefixTokens: z.int(),
        positions: z.string(),
        precision: z.string(),
        opset: z.int(),
        anySize: z.boolean(),
        checks: z.array(z.object({ check: z.string(), at: z.string(), passed: z.boolean() })),
      }),
    ),
  }),
  { id: 'Backbone' },
);
export type BackboneInfo = z.infer<typeof backbone>;

export const getBackbones = endpoint({ method: 'GET', url: '/api/backbones', response: z.array(backbone) });
