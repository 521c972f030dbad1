/** Attributes: what a campaign wants to know of segments and images beside their class, and the values that people give. */
import { line, text } from './api/fields.ts';
import * as z from './zod.ts';

/** The name that a person gives a segment; kept where values are, under this name. */
export const segmentName = 'name';

export const attributeKinds = ['flag', 'choice', 'number', 'text'] as const;
export const attributeTargets = ['segment', 'image'] as const;

/** What a campaign wants to know. Its name and kind never change: strokes and masks in the store name values so. */
export const attribute = z.described(
  z.object({
    id: z.int().check(z.gte(1), z.lte(65_535)),
    name: line(100),
    of: z.enum(attributeTargets),
    kind: z.enum(attributeKinds),
    /** Of a choice. */
    choices: z.optional(z.array(line(100)).check(z.minLength(1), z.maxLength(100))),
    /** Handing in waits for a value. */
    required: z.optional(z.boolean()),
    /** Ids of the classes whose segments have it; default all. */
    classes: z.optional(z.array(z.int()).check(z.minLength(1), z.maxLength(1000))),
    /** It stays where it was given, and is no longer asked for. */
    retired: z.optional(z.boolean()),
  }),
  { id: 'Attribute' },
);
export type Attribute = z.infer<typeof attribute>;

export const attributeValue = z.union([z.boolean(), z.number(), text(2_000)]);
export type AttributeValue = z.infer<typeof attributeValue>;

/** Values by the names of attributes. */
export const attributeValues = z.record(z.string(), attributeValue);
export type AttributeValues = z.infer<typeof attributeValues>;

/** What an attribute takes. */
export type AskedValue = Pick<Attribute, 'kind' | 'choices'>;

/** What is wrong with a value, in words; undefined if nothing is. */
export function misfit({ kind, choices = [] }: AskedValue, value: AttributeValue): string | undefined {
  const fits = {
    flag: typeof value === 'boolean',
    choice: typeof value === 'string' && choices.includes(value),
    number: typeof value === 'number' && Number.isFinite(value),
    text: typeof value === 'string' && value.trim() !== '',
  };
  const expected = {
    flag: 'true or false',
    choice: `one of ${choices.join(', ')}`,
    number: 'a number',
    text: 'a text',
  };
  return fits[kind] ? undefined : `${JSON.stringify(value)}; expected ${expected[kind]}`;
}
