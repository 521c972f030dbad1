/** Builds of a campaign or a dataset: listed, explained, compared, shown, taken back. */
import { buildImage, buildSettings, differingMask, subject } from '../documents/builds.ts';
import { changeCauses, comparedImage, comparison, gate } from '../documents/comparisons.ts';
import { givenOrigins } from '../documents/scribbles.ts';
import { facets, presetNames } from '../kinds.ts';
import { keepPolicies, promoteModes } from '../messages/relabel.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { backboneName, buildId, eventNumber, limit, pageOf, text, time } from './fields.ts';
import { mask } from './files.ts';
import { keysChoice } from './keys.ts';
import { run } from './runs.ts';

/**
 * `made`: not judged. `ready`: the gate let it through, not shown. `held`: a person must look. `rejected`: a person did, and
 * took none of it, or only some images. `shown`: it is shown, or was.
 */
export const buildStates = ['making', 'made', 'ready', 'held', 'rejected', 'shown', 'failed'] as const;
export type BuildState = (typeof buildStates)[number];

/** What masks are made with, in short. */
export const builtWith = z.object({
  /** Id of the keys. */
  keys: z.string(),
  backbone: z.string(),
  layer: z.nullable(z.int()),
  facet: z.enum(facets),
  preset: z.enum(presetNames),
  code: z.nullable(z.int()),
});
export type BuiltWith = z.infer<typeof builtWith>;

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
    /** What new drawings are answered with while it is shown, and most of its masks are made with; null where nobody knows. */
    settings: z.nullable(builtWith),
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

/** What is shown, now or at a time; what a roll-back would go back to. Null where there was none. */
export const getBuildShown = endpoint({
  method: 'GET',
  url: `${at}/shown`,
  query: z.object({ at: z.optional(time) }),
  response: z.object({ build: z.nullable(buildInfo), back: z.nullable(buildInfo) }),
});

const imageIds = z.array(z.int().check(z.gte(0))).check(z.minLength(1), z.maxLength(100_000));

/**
 * Shows a build. `take`: only these images of it, of kept ones the offered mask; `keep`: all but these and those that are kept
 * already. All others stay as they are shown. Either makes a build of its own.
 */
export const postBuildPromote = endpoint({
  method: 'POST',
  url: `${at}/:build/promote`,
  body: z.strictObject({ take: z.optional(imageIds), keep: z.optional(imageIds) }),
  response: buildInfo,
});

/** None of a held build is taken. */
export const postBuildReject = endpoint({ method: 'POST', url: `${at}/:build/reject`, response: buildInfo });

/** One step back. @property from the build that the caller believes to be shown: refused if another one is */
export const postBuildRollback = endpoint({
  method: 'POST',
  url: `${at}/rollback`,
  body: z.strictObject({ from: z.optional(z.string()) }),
  response: buildInfo,
});

/** Where a mask comes from: its line in the build, with names in place of accounts' ids. */
export const buildImageInfo = z.described(
  z.object({
    ...z.omit(buildImage, { settings: true }).shape,
    /** Null where nobody knows. */
    settings: z.nullable(buildSettings),
    /** `drawn`, unless the image began with labels that were there; `corrected`: something differs from these. */
    origin: z._default(z.enum([...givenOrigins, 'drawn']), 'drawn'),
    corrected: z.optional(z.literal(true)),
  }),
  { id: 'BuildImage' },
);
export type BuildImageInfo = z.infer<typeof buildImageInfo>;

export const getBuildImage = endpoint({ method: 'GET', url: `${at}/:build/images/:image`, response: buildImageInfo });

/** @property of `offered`: the mask that the build's settings give where another was kept */
export const getBuildImageMask = endpoint({
  method: 'GET',
  url: `${at}/:build/images/:image/mask`,
  query: z.object({ of: z._default(z.enum(['shown', 'offered']), 'shown') }),
  sends: mask,
});

/** @property before the build that it is compared with; default its base. `getBuildShown` tells which was shown at a time */
const against = z.object({ before: z.optional(buildId) });

/** Two builds compared, or the run that does so: the question starts it. */
export const buildComparison = z.described(
  z.object({
    /** Builds; null where there is none of before. */
    before: z.nullable(z.string()),
    after: z.string(),
    /** Null until the run has ended. */
    comparison: z.nullable(z.described(comparison, { id: 'Comparison' })),
    /** Null once they are compared. */
    run: z.nullable(run),
  }),
  { id: 'BuildComparison' },
);
export type BuildComparison = z.infer<typeof buildComparison>;

export const getBuildComparison = endpoint({
  method: 'GET',
  url: `${at}/:build/comparison`,
  query: against,
  response: buildComparison,
});

/**
 * The most changed first; before them those that could not be compared. None until they are compared. A part may be short, or empty,
 * before the last.
 *
 * @property category with it before or after; '' is the background
 * @property kept images that the later build keeps, or all others
 */
export const getBuildComparisonImages = endpoint({
  method: 'GET',
  url: `${at}/:build/comparison/images`,
  query: z.extend(against, {
    after: z.optional(text(200)),
    limit,
    category: z.optional(text(200, 0)),
    why: z.optional(z.enum(changeCauses)),
    kept: z.optional(z.enum(['true', 'false'])),
  }),
  response: pageOf(z.described(comparedImage, { id: 'ComparedImage' })),
});

const share = z.number().check(z.gte(0), z.lte(1));

export const newRelabel = z.described(
  z.strictObject({
    ...keysChoice,
    backbone: backboneName,
    /** Default: a campaign's own settings, `best` of a dataset. */
    preset: z.optional(z.enum(presetNames)),
    promote: z._default(z.enum(promoteModes), 'auto'),
    keep: z._default(z.enum(keepPolicies), 'accepted'),
    /** What differs from the subject's own. */
    thresholds: z.optional(z.partial(z.strictObject({ worse: share, changed: share }))),
  }),
  { id: 'NewRelabel' },
);
export type NewRelabel = z.input<typeof newRelabel>;

/** Makes all masks anew. Joins the run that does so already; refused while another one of the subject is under way. */
export const postBuildRelabel = endpoint({ method: 'POST', url: `${at}/relabel`, body: newRelabel, response: run });

/** Makes every mask of a build again, and compares byte for byte. */
export const postBuildRebuild = endpoint({ method: 'POST', url: `${at}/:build/rebuild`, response: run });

/** Masks that came out otherwise in the last rebuild of a build. */
export const getBuildRebuilt = endpoint({
  method: 'GET',
  url: `${at}/:build/rebuilt`,
  query: z.object({ after: z.optional(eventNumber), limit }),
  response: pageOf(z.described(differingMask, { id: 'DifferingMask' })),
});
