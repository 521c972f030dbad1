/** A campaign's label schema: its classes, changed while it runs, each change a version. */
import { attribute } from '../attributes.ts';
import * as z from '../zod.ts';
import { category } from './campaigns.ts';
import { endpoint } from './endpoint.ts';
import { id } from './fields.ts';

/** What a version changed of a class or an attribute. */
export const schemaChange = z.object({
  /** Id of the class, or of the attribute, that changed. */
  category: z.optional(z.int()),
  attribute: z.optional(z.int()),
  kind: z.enum(['added', 'changed', 'renamed', 'recoloured', 'described', 'keyed', 'merged', 'retired', 'restored']),
});
export type SchemaChange = z.infer<typeof schemaChange>;

export const labelSchema = z.described(
  z.object({
    /** From 1: the campaign's first classes. */
    version: z.int(),
    at: z.string(),
    /** The account that made it; null where it is gone. */
    by: z.nullable(id),
    categories: z.array(category),
    /** What the campaign wants to know of segments and images; absent where that is nothing. */
    attributes: z.optional(z.array(attribute)),
    changes: z.array(schemaChange),
  }),
  { id: 'LabelSchema' },
);
export type LabelSchema = z.infer<typeof labelSchema>;

const url = '/api/campaigns/:campaign/schema';

/** The newest first. */
export const getCampaignSchema = endpoint({ method: 'GET', url, response: z.array(labelSchema) });

export const putCampaignSchema = endpoint({
  method: 'PUT',
  url,
  body: z.strictObject({
    /** The version that this one follows: another one by now is a conflict. */
    after: z.int().check(z.gte(1)),
    /** All classes, retired ones too: none can be left out. */
    categories: z.array(category).check(z.minLength(1), z.maxLength(1000)),
    /** All attributes, retired ones too: none can be left out. Default: those that there are. */
    attributes: z.optional(z.array(attribute).check(z.maxLength(100))),
  }),
  response: labelSchema,
});
