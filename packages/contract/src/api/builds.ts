/** Builds of a campaign or a dataset: listed, explained, compared, shown, taken back. */
import { subject } from '../documents/builds.ts';
import { comparedImage, comparison, gate } from '../documents/comparisons.ts';
import { facets, presetNames } from '../kinds.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { limit, pageOf } from './fields.ts';

/** `made`: not judged. `ready`: the gate let it through, not shown. `held`: a person must look. */
export const buildStates = ['making', 'made', 'ready', 'held', 'shown', 'failed'] as const;

export const buildInfo = z.described(
  z.object({
    id: z.string(),
    subject,
    dataset: z.string(),
    /** The mask set that holds it, in requests for images and exports. */
    recipe: z.string(),
    state: z.enum(buildStates),
    /** It is what is shown. */
    current: z.boolean(),
    /** The build that was shown when it was made; null where none was. */
    base: z.nullable(z.string()),
    /** In words: drawn, re-labelled, taken in part. */
    why: z.string(),
    /** Name of the account; null where a schedule or the program made it. */
    by: z.nullable(z.string()),
    made: z.string(),
    /** When it was last shown; null where it never was. */
    shown: z.nullable(z.string()),
    images: z.int(),
    kept: z.int(),
    /** What most of its masks are made with; null where nobody knows. */
    settings: z.nullable(
      z.object({
        /** Id of the keys. */
        keys: z.string(),
        backbone: z.string(),
        layer: z.nullable(z.int()),
        facet: z.enum(facets),
        preset: z.enum(presetNames),
        code: z.nullable(z.int()),
      }),
    ),
    gate: z.nullable(gate),
  }),
  { id: 'Build' },
);
export type BuildInfo = z.infer<typeof buildInfo>;

const at = '/api/builds/:subject';

export const getBuilds = endpoint({
  method: 'GET',
  url: at,
  query: z.object({ after: z.optional(z.string()), limit }),
  response: pageOf(buildInfo),
});

export const getBuild = endpoint({ method: 'GET', url: `${at}/:build`, response: buildInfo });

/** @property before the build that it is compared with; default its base */
const against = z.object({ before: z.optional(z.string()) });

export const getBuildComparison = endpoint({
  method: 'GET',
  url: `${at}/:build/comparison`,
  query: against,
  response: z.described(comparison, { id: 'Comparison' }),
});

/** The most changed first. */
export const getBuildComparisonImages = endpoint({
  method: 'GET',
  url: `${at}/:build/comparison/images`,
  query: z.extend(against, { after: z.optional(z.string()), limit }),
  response: pageOf(z.described(comparedImage, { id: 'ComparedImage' })),
});
