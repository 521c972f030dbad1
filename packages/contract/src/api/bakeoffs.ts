/** Bake-offs of a campaign or a dataset: started, listed, read, ended. */
import { bakeoffReport } from '../documents/bakeoffs.ts';
import { subject } from '../documents/builds.ts';
import { defaultPreset, presetNames } from '../kinds.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { integer, limit, nothing, pageOf } from './fields.ts';
import { keysChoice } from './keys.ts';
import { standing } from './runs.ts';

/** Most variants, and most images, of one bake-off; and the images where none are asked for. */
export const mostVariants = 16;
export const mostSampled = 200;
export const defaultSample = 24;

const choice = z.strictObject({ ...keysChoice, preset: z._default(z.enum(presetNames), defaultPreset) });
export type VariantChoice = z.input<typeof choice>;

export const newBakeoff = z.described(
  z.strictObject({
    variants: z.array(choice).check(z.minLength(2), z.maxLength(mostVariants)),
    /** Images. */
    sample: z._default(integer(1, mostSampled), defaultSample),
    seed: z._default(integer(0, 0x7fffffff), 1),
  }),
  { id: 'NewBakeoff' },
);

export const bakeoffInfo = z.described(
  z.extend(standing, {
    id: z.string(),
    subject,
    dataset: z.string(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    /** Why it failed. */
    reason: z.nullable(z.string()),
    /** Null once it has ended, and while nobody can say. */
    progress: z.nullable(z.object({ total: z.int(), done: z.int() })),
    started: z.string(),
    variants: z.array(
      z.object({
        name: z.string(),
        backbone: z.string(),
        layer: z.nullable(z.int()),
        facet: z.string(),
        preset: z.enum(presetNames),
        /** Id of the keys. */
        keys: z.string(),
      }),
    ),
    seed: z.int(),
    /** Images of the sample; with a known mask, and with an accepted one. */
    images: z.int(),
    known: z.int(),
    accepted: z.int(),
    /** What a full run goes through: images, those with strokes, shards. */
    whole: z.object({ images: z.int(), drawn: z.int(), shards: z.int() }),
  }),
  { id: 'Bakeoff' },
);
export type BakeoffInfo = z.infer<typeof bakeoffInfo>;

const at = '/api/subjects/:subject/bakeoffs';

/** The newest first. */
export const getSubjectBakeoffs = endpoint({
  method: 'GET',
  url: at,
  query: z.object({ after: z.optional(z.string()), limit }),
  response: pageOf(bakeoffInfo),
});

/** Starts one, or finds the same one. */
export const postSubjectBakeoffs = endpoint({ method: 'POST', url: at, body: newBakeoff, response: bakeoffInfo });

export const getSubjectBakeoff = endpoint({ method: 'GET', url: `${at}/:bakeoff`, response: bakeoffInfo });

export const getSubjectBakeoffReport = endpoint({
  method: 'GET',
  url: `${at}/:bakeoff/report`,
  response: z.described(bakeoffReport, { id: 'BakeoffReport' }),
});

export const postSubjectBakeoffCancel = endpoint({ method: 'POST', url: `${at}/:bakeoff/cancel`, response: nothing });
