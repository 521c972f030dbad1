/** Runs over a dataset, and the preparation of a campaign's images, which is one. */

import { defaultPreset, presetNames, strokeKinds } from '../kinds.ts';
import { rebuilt, relabelled, stages } from '../messages/runs.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { nothing, text } from './fields.ts';
import { keysChoice } from './keys.ts';

const runProgress = z.described(
  z.object({
    images: z.int(),
    done: z.int(),
    cached: z.int(),
    failed: z.int(),
    /** Images of the whole dataset. */
    total: z.int(),
    shards: z.int(),
    shardsDone: z.int(),
    paused: z.boolean(),
    /** Absent from runs of one step. */
    stage: z.optional(z.enum(stages)),
  }),
  { id: 'RunProgress' },
);

const waiting = z.described(
  z.object({
    queue: z.string(),
    /** Temporal's, host:port. */
    address: z.string(),
    namespace: z.string(),
    /** The command that polls the queue. */
    start: z.string(),
  }),
  { id: 'Waiting' },
);
export type Waiting = z.infer<typeof waiting>;

const failing = z.described(
  z.object({
    /** Of the last attempt. */
    reason: z.string(),
    /** Failed attempts, and the most that are made; 0: without limit. */
    attempts: z.int(),
    most: z.int(),
  }),
  { id: 'Failing' },
);
export type Failing = z.infer<typeof failing>;

/** Why a run is slow, or stands still; both null if it has ended, makes progress, or the reason is unknown. */
export const standing = z.object({
  /** A queue that holds a task of the run and that nobody polls. */
  waiting: z.nullable(waiting),
  /** Of the steps that failed and are tried again, the one that failed most often. */
  failing: z.nullable(failing),
});
export type Standing = z.infer<typeof standing>;

const runState = z.enum(['running', 'done', 'failed', 'cancelled']);

export const run = z.described(
  z.extend(standing, {
    /** Of its workflow. */
    id: z.string(),
    kind: z.enum(['extract', 'propagate', 'export', 'relabel', 'rebuild', 'compare', 'evaluate', 'prelabel', 'search']),
    /** Keys, recipe, FORMAT/RECIPE, subject, SUBJECT/BUILD, SUBJECT/BEFORE-AFTER, an evaluation, or a search. */
    of: z.string(),
    /** Id of the keys that it makes, or draws on; null of exports, and of runs that earlier versions started. */
    keys: z._default(z.nullable(z.string()), null),
    state: runState,
    started: z.string(),
    ended: z.nullable(z.string()),
    /** Null where nobody could say. */
    progress: z.nullable(runProgress),
    /** Why it failed. */
    reason: z.nullable(z.string()),
    /** What came of a re-labelling, or of a rebuild, once it is done. */
    relabelled: z.optional(relabelled),
    rebuilt: z.optional(rebuilt),
  }),
  { id: 'Run' },
);
export type DatasetRun = z.infer<typeof run>;

/** Whether the keys of a campaign's images are there, or the state of the run that extracts them. */
export const preparation = z.described(z.extend(standing, { state: runState, reason: z.nullable(z.string()) }), {
  id: 'Preparation',
});
export type Preparation = z.infer<typeof preparation>;

export const newRun = z.described(
  z.strictObject({
    kind: z.enum(['extract', 'propagate']),
    ...keysChoice,
    preset: z._default(z.enum(presetNames), defaultPreset),
    /** Of masks: whether pixels keep the labels of the strokes over them; default: the preset's. */
    strokes: z.optional(z.enum(strokeKinds)),
  }),
  { id: 'NewRun' },
);
export type NewRun = z.input<typeof newRun>;

export const retryRun = z.described(
  z.strictObject({
    /** As a failure says it: `extracted/KEYS`. */
    step: z.string().check(z.maxLength(200), z.regex(/^extracted\/[A-Za-z0-9][A-Za-z0-9._+-]*$/, 'extracted/KEYS')),
    /** Of the one image that is tried; default all that failed in the step. */
    sha256: z.optional(z.string().check(z.regex(/^[0-9a-f]{64}$/, 'the sha256 of an image'))),
  }),
  { id: 'RetryRun' },
);

const runId = text(300);

export const runControl = z.described(z.strictObject({ id: runId, action: z.enum(['pause', 'resume', 'cancel']) }), {
  id: 'RunControl',
});
export type RunAction = z.infer<typeof runControl>['action'];

const at = '/api/datasets/:dataset/runs';

export const getDatasetRuns = endpoint({ method: 'GET', url: at, response: z.array(run) });

/** One of them. */
export const getDatasetRun = endpoint({
  method: 'GET',
  url: '/api/datasets/:dataset/run',
  query: z.object({ id: runId }),
  response: run,
});

export const postDatasetRuns = endpoint({ method: 'POST', url: at, body: newRun, response: run });

/** Tries images again that failed. */
export const postDatasetFailuresRetry = endpoint({
  method: 'POST',
  url: '/api/datasets/:dataset/failures/retry',
  body: retryRun,
  response: run,
});

export const postDatasetRunsControl = endpoint({
  method: 'POST',
  url: `${at}/control`,
  body: runControl,
  response: nothing,
});

export const getCampaignPreparation = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/preparation',
  response: preparation,
});

export const postCampaignPreparation = endpoint({
  method: 'POST',
  url: '/api/campaigns/:campaign/preparation',
  response: nothing,
});
