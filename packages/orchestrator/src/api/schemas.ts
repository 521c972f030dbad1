/** What the API takes and gives, as zod checks it and OpenAPI shows it. */
import { datasetName } from '@saltworks/contract/documents/dataset';
import { graphKinds, refineKinds, strokeKinds } from '@saltworks/contract/kinds';
import { presets } from '@saltworks/core/options';
import { z } from 'zod';

const maxSegmentId = 0xffffff;

/** Letters, digits, - and _, spelled out: elsewhere \w and \d are all of Unicode's. */
export const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'an id');
export const wholeNumber = z.string().regex(/^[0-9]{1,18}$/, 'a whole number');

/** What shows nothing: controls and blanks. */
const unseen = '\\x00-\\x20\\x7f-\\xa0\\u1680\\u2000-\\u200b\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff';

/**
 * What a database can hold, neither NUL nor half of a surrogate pair, and what can be seen, unless nothing is enough.
 * Patterns are read alike by ECMA-262, Python and RE2; none of them can name halves of pairs, so these are told in words.
 *
 * @param max characters: a surrogate pair is one, as in JSON Schema
 */
export function text(max: number, min = 1) {
  const pattern = min === 0 ? '^[^\\x00]*$' : `^[^\\x00]*[^${unseen}][^\\x00]*$`;
  const known = new RegExp(pattern, 'u');
  const what = `${min === 0 ? 'text' : 'text that can be seen'}, ${min} to ${max} characters, without NUL and halves of surrogate pairs`;
  return z
    .string()
    .refine((given) => known.test(given) && !/\p{Cs}/u.test(given) && lengthOf(given) <= max, `expected ${what}`)
    .meta({ pattern, minLength: min, maxLength: max, description: what });
}

const lengthOf = (given: string) => [...given].length;

export const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'a-z, 0-9 and -, at most 64');

/** From 1971 on: PostgreSQL knows no years before 1, and no deadline or key ends so long ago. */
export const time = z
  .string()
  .refine((at) => isDateTime(at) && Date.parse(at) > 0, 'expected a time after 1970, ISO 8601')
  .meta({ format: 'date-time', pattern: '^(197[1-9]|19[89][0-9]|[2-9][0-9]{3})-' });
const isDateTime = (at: string) => z.iso.datetime({ offset: true }).safeParse(at).success;

/** A number of a query: written in digits, so that neither nothing nor 0x10 is one. */
const written = (digits: RegExp) => (given: unknown) =>
  typeof given === 'string' && digits.test(given) ? Number(given) : given;
export const integer = (min: number, max: number) =>
  z.preprocess(written(/^-?[0-9]{1,15}$/), z.int().min(min).max(max));
export const decimal = (min: number, max: number) =>
  z.preprocess(written(/^-?[0-9]{1,15}(\.[0-9]{1,18})?(e[+-]?[0-9]{1,3})?$/i), z.number().min(min).max(max));

/** What names in addresses stand for: all that is no such thing is not there, and reaches neither database nor store. */
export const params = {
  campaign: id,
  task: wholeNumber,
  assignment: id,
  user: id,
  key: id,
  mask: id,
  export: id,
  dataset: z.string().regex(datasetName, 'the name of a dataset'),
  image: z.string().regex(/^[0-9]{1,9}$/, 'the number of an image'),
};
export const eventNumber = integer(0, 0x7fffffff);

export const failure = z
  .object({ error: z.string(), detail: z.record(z.string(), z.unknown()).optional() })
  .meta({ id: 'Failure' });

export const user = z
  .object({ id, name: z.string(), email: z.string(), role: z.enum(['admin', 'member']) })
  .meta({ id: 'User' });

export const password = z
  .string()
  .refine((given) => lengthOf(given) >= 12 && lengthOf(given) <= 128, 'expected 12 to 128 characters')
  .meta({ minLength: 12, maxLength: 128, format: 'password' });
export const newUser = z
  .strictObject({
    // By its pattern alone: what the format `email` takes in differs from validator to validator.
    email: z.string().regex(z.regexes.email, 'an e-mail address').max(254),
    name: text(100),
    role: z.enum(['admin', 'member']).default('member'),
    password: password.optional(),
  })
  .meta({ id: 'NewUser' });

export const account = user.extend({ disabled: z.boolean() }).meta({ id: 'Account' });
export const accountChanges = z
  .strictObject({ role: z.enum(['admin', 'member']), disabled: z.boolean() })
  .partial()
  .meta({ id: 'AccountChanges' });

export const memberRole = z.enum(['manager', 'reviewer', 'annotator']);
export const member = z
  .object({ user: id, name: z.string(), email: z.string(), role: memberRole })
  .meta({ id: 'Member' });

export const category = z
  .object({
    id: z.int().min(1).max(65_535),
    name: text(100),
    colour: z.string().regex(/^#[0-9a-f]{6}$/, '#rrggbb'),
    isthing: z.boolean(),
  })
  .meta({ id: 'Category' });

const changes = {
  name: text(200),
  instructions: text(20_000, 0),
  annotators: z.int().min(1).max(100),
  blind: z.boolean(),
  honeypotRate: z.number().min(0).max(1),
  deadline: time.nullable(),
  leaseSeconds: z.int().min(5).max(86_400),
  state: z.enum(['open', 'paused', 'closed']),
  strokes: z.enum(strokeKinds),
};
export const campaignChanges = z.strictObject(changes).partial().meta({ id: 'CampaignChanges' });

/** What may differ from a preset: numbers and choices that the solver checks itself. */
const solve = z
  .strictObject({
    graph: z.enum(graphKinds),
    sigma: z.union([z.literal('auto'), z.number().positive()]),
    tau: z.number().min(-1).max(1),
    neighbors: z.int().min(2).max(100),
    colorWeight: z.number().min(0).max(100),
    alpha: z.number().gt(0).lt(1),
    refine: z.enum(refineKinds),
  })
  .partial();

export const backboneName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'the name of a backbone');

export const newCampaign = z
  .strictObject({
    ...campaignChanges.shape,
    id: slug,
    name: changes.name,
    dataset: params.dataset,
    categories: z.array(category).min(1).max(1000),
    backbone: backboneName.default('dinov2-small-focus'),
    preset: z.enum(Object.keys(presets) as ['paper', 'best']).default('best'),
    solve: solve.default({}),
    ordering: z.enum(['import', 'random']).default('import'),
  })
  .meta({ id: 'NewCampaign' });

export const campaign = z
  .object({
    ...changes,
    id: slug,
    dataset: z.string(),
    backbone: z.string(),
    preset: z.enum(['paper', 'best']),
    solve: z.record(z.string(), z.unknown()),
    ordering: z.enum(['import', 'random']),
    deadline: z.string().nullable(),
    categories: z.array(category),
    created: z.string(),
  })
  .meta({ id: 'Campaign' });

export const progress = z
  .object({
    filled: z.boolean(),
    tasks: z.int(),
    done: z.int(),
    accepted: z.int(),
    former: z.int().optional(),
    skipped: z.int(),
    assignments: z.record(z.string(), z.int()),
  })
  .meta({ id: 'Progress' });

export const assignmentState = z.enum(['leased', 'submitted', 'skipped', 'returned', 'accepted', 'sent_back']);
export const assignment = z
  .object({
    id,
    task: z.string(),
    campaign: z.string(),
    user: z.string(),
    author: z.string(),
    state: assignmentState,
    leaseUntil: z.string(),
    n: z.int(),
    answered: z.int(),
    refined: z.int(),
    event: z.int(),
    mask: z.string().nullable(),
    reason: z.string().nullable(),
    created: z.string(),
    submitted: z.string().nullable(),
    updated: z.string(),
    image: z.object({
      id: z.int(),
      name: z.string(),
      sha256: z.string(),
      width: z.int().nullable(),
      height: z.int().nullable(),
      former: z.boolean().optional(),
    }),
  })
  .meta({ id: 'Assignment' });

const point = z.tuple([z.number().min(0).max(1e6), z.number().min(0).max(1e6)]);
const segmentId = z.int().min(0).max(maxSegmentId);
/** The background has no name. */
const namedId = z.int().min(1).max(maxSegmentId);

export const stroke = z.strictObject({
  kind: z.literal('stroke'),
  segment: segmentId,
  points: z.array(point).min(1).max(4096),
  radius: z.number().min(0).max(10_000),
});

export const interaction = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('segment'), id: namedId, category: z.int().min(1).max(65_535) }),
    stroke,
    z.strictObject({ kind: z.literal('erase'), stroke: z.int().min(1) }),
    z.strictObject({ kind: z.literal('delete'), segment: namedId }),
    z.strictObject({ kind: z.literal('classify'), segment: namedId, category: z.int().min(1).max(65_535) }),
    z.strictObject({ kind: z.literal('undo') }),
    z.strictObject({ kind: z.literal('redo') }),
  ])
  .meta({ id: 'Interaction' });

export const batch = z
  .strictObject({
    client: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, 'a-z, A-Z, 0-9, - and _, 8 to 64'),
    interactions: z
      .array(z.strictObject({ seq: z.int().min(1), interaction }))
      .min(1)
      .max(500),
  })
  .meta({ id: 'Batch' });

export const appended = z.object({ n: z.int(), added: z.int() }).meta({ id: 'Appended' });

export const drawing = z
  .object({
    segments: z.array(z.object({ id: z.int(), category: z.int() })),
    strokes: z.array(
      z.object({ n: z.int(), segment: z.int(), points: z.array(z.array(z.number())), radius: z.number() }),
    ),
    undo: z.boolean(),
    redo: z.boolean(),
  })
  .meta({ id: 'Drawing' });

export const logEntry = z
  .object({ n: z.int(), client: z.string(), seq: z.int(), interaction: z.unknown(), received: z.string() })
  .meta({ id: 'LogEntry' });

export const review = z
  .strictObject({
    verdict: z.enum(['accept', 'send_back']),
    note: text(2000, 0).optional(),
    at: z.strictObject({ x: z.number().min(0), y: z.number().min(0) }).optional(),
  })
  .meta({ id: 'Review' });

export const reviewed = z
  .object({
    id,
    reviewer: z.string(),
    verdict: z.enum(['accept', 'send_back']),
    note: z.string().nullable(),
    at: z.object({ x: z.number(), y: z.number() }).nullable(),
    mask: z.string().nullable(),
    created: z.string(),
  })
  .meta({ id: 'Reviewed' });

export const attribution = z
  .object({ segment: z.int(), strokes: z.array(z.object({ n: z.int(), share: z.number() })) })
  .meta({ id: 'Attribution' });

export const apiKey = z
  .object({
    id,
    name: z.string(),
    created: z.string(),
    expires: z.string().nullable(),
    lastUsed: z.string().nullable(),
  })
  .meta({ id: 'ApiKey' });

export const dataset = z
  .object({ name: z.string(), images: z.int(), former: z.int(), bytes: z.int(), shards: z.int(), updated: z.string() })
  .meta({ id: 'Dataset' });

export const page = z.object({
  before: id.optional(),
  limit: integer(1, 200).default(50),
});
export const nothing = z.null();

const segmentEffort = z.object({ segment: z.int(), category: z.int(), strokes: z.int(), seconds: z.number() });
export const effort = z
  .object({
    seconds: z.number(),
    idle: z.number(),
    interactions: z.int(),
    strokes: z.array(z.object({ n: z.int(), segment: z.int(), seconds: z.number() })),
    segments: z.array(segmentEffort),
    discarded: z.number(),
    review: z.number(),
  })
  .meta({ id: 'Effort' });

export const effortTotals = z
  .object({
    annotators: z.array(
      z.object({ annotator: z.string(), images: z.int(), strokes: z.int(), seconds: z.number(), idle: z.number() }),
    ),
    classes: z.array(z.object({ category: z.int(), segments: z.int(), strokes: z.int(), seconds: z.number() })),
  })
  .meta({ id: 'EffortTotals' });

export const agreement = z
  .object({
    images: z.array(
      z.object({
        task: z.string(),
        name: z.string(),
        annotators: z.int(),
        miou: z.number(),
        pixels: z.number(),
        kappa: z.number(),
      }),
    ),
    classes: z.array(z.object({ category: z.string(), iou: z.number(), pairs: z.int() })),
    honeypots: z.array(z.object({ task: z.string(), annotator: z.string(), miou: z.number() })),
    annotators: z.array(
      z.object({
        annotator: z.string(),
        weight: z.number(),
        honeypots: z.object({ mean: z.number(), count: z.int() }),
        overlaps: z.object({ mean: z.number(), count: z.int() }),
      }),
    ),
    incomparable: z.array(z.object({ task: z.string(), name: z.string(), reason: z.string() })),
    pending: z.int(),
  })
  .meta({ id: 'Agreement' });

/** How much annotators count: as they are reliable, all the same, or by user, 1 where none is given. */
export const weights = z.union([z.enum(['reliability', 'equal']), z.record(id, z.number().min(0).max(1000))]);
export const consensus = z
  .object({
    mask: z.string(),
    segments: z.array(z.object({ id: z.int(), category: z.string() })),
    weights: z.record(z.string(), z.number()),
    made: z.string(),
  })
  .meta({ id: 'Consensus' });
export const published = z
  .object({ dataset: z.string(), recipe: z.string(), images: z.int(), former: z.int() })
  .meta({ id: 'Published' });
