/** Datasets, their images, runs and exports, as the API takes and gives them. */
import { exportFormats } from '@saltworks/core/formats/export';
import { presets } from '@saltworks/core/options';
import { z } from 'zod';
import { backboneName, dataset, decimal, eventNumber, integer, text } from './schemas.ts';

export const recipe = z.string().regex(/^[a-z0-9][a-z0-9-]{0,99}$/, 'the name of a set of masks');
export const format = z.enum(Object.keys(exportFormats) as (keyof typeof exportFormats)[]);
const limit = integer(1, 200).default(50);

export const maskSet = z
  .object({
    recipe: z.string(),
    backbone: z.string().nullable(),
    preset: z.enum(Object.keys(presets) as ['paper', 'best']).nullable(),
    changed: z.record(z.string(), z.unknown()),
    campaign: z.object({ id: z.string(), name: z.string() }).nullable(),
    made: z.string().nullable(),
    classes: z.array(z.object({ name: z.string(), colour: z.string() })),
  })
  .meta({ id: 'MaskSet' });

export const datasetDetail = dataset
  .extend({
    keys: z.array(z.string()),
    recipes: z.array(z.string()),
    masks: z.array(maskSet),
    campaigns: z.array(z.object({ id: z.string(), name: z.string() })),
  })
  .meta({ id: 'DatasetDetail' });

const imageState = z.enum(['masked', 'failed', 'none']);
export const imageQuery = z.object({
  recipe: recipe.optional(),
  after: eventNumber.optional(),
  limit,
  state: imageState.optional(),
  category: text(200).optional(),
  uncertain: decimal(0, 1).optional(),
});
export const datasetImage = z
  .object({
    id: z.int(),
    name: z.string(),
    also: z.array(z.string()).optional(),
    sha256: z.string(),
    state: imageState,
    reason: z.string().nullable(),
    mask: z.string().nullable(),
    categories: z.array(z.string()),
    segments: z.array(z.object({ id: z.int(), category: z.string() })),
    uncertainty: z.number().nullable(),
  })
  .meta({ id: 'DatasetImage' });

export const failureQuery = z.object({
  after: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,2000}$/, 'the `next` of the last part')
    .optional(),
  limit,
});
export const datasetFailure = z
  .object({ step: z.string(), sha256: z.string(), name: z.string(), reason: z.string() })
  .meta({ id: 'DatasetFailure' });

const runProgress = z
  .object({
    images: z.int(),
    done: z.int(),
    cached: z.int(),
    failed: z.int(),
    total: z.int(),
    shards: z.int(),
    shardsDone: z.int(),
    paused: z.boolean(),
  })
  .meta({ id: 'RunProgress' });

/** Why a run gets on slowly, or not at all. */
export const standing = z.object({
  waiting: z
    .object({ queue: z.string(), address: z.string(), namespace: z.string(), start: z.string() })
    .meta({ id: 'Waiting' })
    .nullable(),
  failing: z.object({ reason: z.string(), attempts: z.int(), most: z.int() }).meta({ id: 'Failing' }).nullable(),
});

export const run = standing
  .extend({
    id: z.string(),
    kind: z.enum(['extract', 'propagate', 'export']),
    of: z.string(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    started: z.string(),
    ended: z.string().nullable(),
    progress: runProgress.nullable(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Run' });

export const preparation = standing
  .extend({ state: z.enum(['running', 'done', 'failed', 'cancelled']), reason: z.string().nullable() })
  .meta({ id: 'Preparation' });

export const newRun = z
  .strictObject({
    kind: z.enum(['extract', 'propagate']),
    backbone: backboneName.default('dinov2-small-focus'),
    preset: z.enum(Object.keys(presets) as ['paper', 'best']).default('best'),
  })
  .meta({ id: 'NewRun' });

export const runControl = z
  .strictObject({ id: text(300), action: z.enum(['pause', 'resume', 'cancel']) })
  .meta({ id: 'RunControl' });

export const exportInfo = z
  .object({
    id: z.string(),
    format,
    recipe: z.string(),
    loses: z.string(),
    made: z.string(),
    files: z.int(),
    bytes: z.int(),
  })
  .meta({ id: 'Export' });
