/** Fields that several schemas share: ids, names, numbers of queries, texts. */

import { datasetName } from '../documents/dataset.ts';
import * as z from '../zod.ts';

/** Letters, digits, - and _, spelled out: elsewhere \w and \d are all of Unicode's. */
export const id = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'an id'));
export const wholeNumber = z.string().check(z.regex(/^[0-9]{1,18}$/, 'a whole number'));

/** Controls, and what ends a line. */
const controls = '\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029';
/** Characters that show nothing: controls and blanks. */
const unseen = '\\x00-\\x20\\x7f-\\xa0\\u1680\\u2000-\\u200b\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';

/**
 * Text that a database can hold (neither NUL nor half of a surrogate pair) and that can be seen, unless it may be empty.
 * ECMA-262, Python and RE2 read these patterns alike; none of them can name halves of pairs, so the description tells that.
 *
 * @param max characters: a surrogate pair is one, as in JSON Schema
 */
export const text = (max: number, min = 1) =>
  textOf(max, min, min === 0 ? '^[^\\x00]*$' : `^[^\\x00]*[^${unseen}][^\\x00]*$`);

/** Text that can be seen, in one line. */
export const line = (max: number) => textOf(max, 1, `^[^${controls}]*[^${unseen}][^${controls}]*$`);

function textOf(max: number, min: number, pattern: string) {
  const known = new RegExp(pattern, 'u');
  const what = `${min === 0 ? 'text' : 'text that can be seen'}, ${min} to ${max} characters, without NUL and halves of surrogate pairs`;
  return z.described(
    z
      .string()
      .check(
        z.refine((given) => known.test(given) && !/\p{Cs}/u.test(given) && lengthOf(given) <= max, `expected ${what}`),
      ),
    { pattern, minLength: min, maxLength: max, description: what },
  );
}

export const lengthOf = (given: string) => [...given].length;

export const slug = z.string().check(z.regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a-z, 0-9 and -, at most 64'));
export const backboneName = z.string().check(z.regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'the name of a backbone'));
/** A backbone's name, and what differs from its own settings. */
export const keysName = z.string().check(z.regex(/^[a-zA-Z0-9][a-zA-Z0-9._+-]{0,199}$/, 'the id of a set of keys'));
export const recipe = z
  .string()
  .check(z.regex(/^[a-z0-9][a-z0-9-]{0,99}(\.[0-9a-f]{16})?$/, 'the name of a set of masks'));
/** A campaign or a dataset: `campaign:ID`, `dataset:NAME`. */
export const subjectText = z
  .string()
  .check(
    z.regex(/^(campaign:[a-z0-9][a-z0-9-]{0,63}|dataset:[a-z0-9][a-z0-9._-]{0,63})$/, 'campaign:ID or dataset:NAME'),
  );
/** What webhooks tell of: a campaign, a dataset, or a schedule: `schedule:ID`. */
export const topicText = z
  .string()
  .check(
    z.regex(
      /^(campaign:[a-z0-9][a-z0-9-]{0,63}|dataset:[a-z0-9][a-z0-9._-]{0,63}|schedule:[a-z0-9][a-z0-9-]{0,63})$/,
      'campaign:ID, dataset:NAME or schedule:ID',
    ),
  );
/** Of a Selection. */
export const selectionId = z.string().check(z.regex(/^[0-9a-f]{16}$/, 'the id of a selection'));
/** Of a search by example. */
export const searchId = z.string().check(z.regex(/^[0-9a-f]{16}$/, 'the id of a search'));
export const buildId = z.string().check(z.regex(/^[0-9a-f]{16}$/, 'the id of a build'));

/** From 1971 on: PostgreSQL knows no years before 1, and no deadline or key ends so long ago. */
export const time = z.described(
  z.string().check(z.refine((at) => isDateTime(at) && Date.parse(at) > 0, 'expected a time after 1970, ISO 8601')),
  { format: 'date-time', pattern: '^(197[1-9]|19[89][0-9]|[2-9][0-9]{3})-' },
);
const isDateTime = (at: string) => z.safeParse(z.iso.datetime({ offset: true }), at).success;

/** A number of a query, written in digits: neither nothing nor 0x10 is one. */
const written = (digits: RegExp) => (given: unknown) =>
  typeof given === 'string' && digits.test(given) ? Number(given) : given;
export const integer = (min: number, max: number) =>
  z.preprocess(written(/^-?[0-9]{1,16}$/), z.int().check(z.gte(min), z.lte(max)));
export const decimal = (min: number, max: number) =>
  z.preprocess(
    written(/^-?[0-9]{1,15}(\.[0-9]{1,18})?(e[+-]?[0-9]{1,3})?$/i),
    z.number().check(z.gte(min), z.lte(max)),
  );

/** Items of one part of a list. */
export const limit = z._default(integer(1, 200), 50);
export const eventNumber = integer(0, 0x7fffffff);

/** Parameters of addresses by name. A value that fits none of them names nothing and reaches neither database nor store. */
export const params = {
  campaign: id,
  task: wholeNumber,
  assignment: id,
  user: id,
  key: id,
  invitation: id,
  mask: id,
  export: id,
  subject: subjectText,
  topic: topicText,
  webhook: id,
  delivery: id,
  build: buildId,
  search: searchId,
  bakeoff: buildId,
  keys: keysName,
  channel: slug,
  schedule: slug,
  dataset: z.string().check(z.regex(datasetName, 'the name of a dataset')),
  image: z.string().check(z.regex(/^[0-9]{1,9}$/, 'the number of an image')),
  upload: id,
  file: z.string().check(z.regex(/^[0-9]{1,9}$/, 'the number of a file')),
  filter: slug,
  picture: z.string().check(z.regex(/^[0-9a-f]{64}$/, 'the name of a picture')),
  prior: z.string().check(z.regex(/^[0-9a-f]{64}$/, "the sha256 of a corpus' prior")),
};

/** The answer to a request that has nothing to tell. */
export const nothing = z.null();

/** A part of a long list. `next`, given as `after`, asks for the next part; null at the end. A part may be short or empty before it. */
export const pageOf = <Item extends z.core.$ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.nullable(z.string()) });
export type Page<T> = z.infer<ReturnType<typeof pageOf<z.core.$ZodType<T>>>>;

/** Checked and typed as the schema says, passed on untouched, documented as any object. */
export const openObject = <T>(schema: z.core.$ZodType<T>) =>
  z.described(
    z.custom<T>((given) => z.safeParse(schema, given).success),
    { type: 'object', propertyNames: { type: 'string' }, additionalProperties: {} },
  );
