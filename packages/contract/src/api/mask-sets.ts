/** A dataset and its images, seen through its mask sets; images that runs could not use. */

import { presetNames } from '../kinds.ts';
import * as z from '../zod.ts';
import { dataset } from './datasets.ts';
import { endpoint } from './endpoint.ts';
import { eventNumber, limit, pageOf, recipe } from './fields.ts';
import { mask, picture, thumbnail } from './files.ts';
import { datasetFilter, fitting, imageState } from './filters.ts';

/** Masks of a dataset that were made together, as people tell them apart. */
export const maskSet = z.described(
  z.object({
    recipe: z.string(),
    /** Id of the keys; null where no mask says. */
    backbone: z.nullable(z.string()),
    preset: z.nullable(z.enum(presetNames)),
    /** Settings that differ from the preset's. */
    changed: z.record(z.string(), z.unknown()),
    /** The campaign whose annotators drew them. */
    campaign: z.nullable(z.object({ id: z.string(), name: z.string() })),
    /** The build that they are; null of a propagation's, and of those that a campaign published. */
    build: z._default(
      z.nullable(z.object({ id: z.string(), /** It is what is shown. */ current: z.boolean(), made: z.string() })),
      null,
    ),
    /** When the last of them was written. */
    made: z.nullable(z.string()),
    /** Categories in them, each in the colour that its campaign, or another one over the dataset, gives it. */
    classes: z.array(
      z.object({
        /** As masks, and filters over them, have it. */
        name: z.string(),
        colour: z.string(),
        /** What the campaign calls it by now; absent where that is its name. */
        called: z.optional(z.string()),
      }),
    ),
  }),
  { id: 'MaskSet' },
);
export type MaskSet = z.infer<typeof maskSet>;

export const datasetDetail = z.described(
  z.extend(dataset, {
    /** Ids of keys that were extracted. */
    keys: z.array(z.string()),
    /** Names of mask sets: recipes of propagations, and campaigns' own. */
    recipes: z.array(z.string()),
    masks: z.array(maskSet),
    campaigns: z.array(z.object({ id: z.string(), name: z.string() })),
  }),
  { id: 'DatasetDetail' },
);
export type DatasetDetail = z.infer<typeof datasetDetail>;

/** An image of a dataset, seen through one of its mask sets. */
export const datasetImage = z.described(
  z.object({
    id: z.int(),
    name: z.string(),
    /** Names of files with the same bytes, beside `name`; absent where there are none. */
    also: z.optional(z.array(z.string())),
    sha256: z.string(),
    state: imageState,
    /** Why it failed. */
    reason: z.nullable(z.string()),
    mask: z.nullable(z.string()),
    /** Names of categories in the mask. */
    categories: z.array(z.string()),
    /** Segments of the mask, and the names of their categories. */
    segments: z.array(z.object({ id: z.int(), category: z.string() })),
    uncertainty: z.nullable(z.number()),
    /** Absent where there are none. */
    tags: z.optional(z.array(z.string())),
  }),
  { id: 'DatasetImage' },
);
export type DatasetImageInfo = z.infer<typeof datasetImage>;

export const datasetFailure = z.described(
  z.object({
    /** `extracted/KEYS`, `masks/RECIPE`, `exported/ID`. */
    step: z.string(),
    sha256: z.string(),
    name: z.string(),
    reason: z.string(),
  }),
  { id: 'DatasetFailure' },
);
export type DatasetFailure = z.infer<typeof datasetFailure>;

const at = '/api/datasets/:dataset';

export const getDataset = endpoint({ method: 'GET', url: at, response: datasetDetail });

export const getDatasetImages = endpoint({
  method: 'GET',
  url: `${at}/images`,
  query: z.object({
    ...datasetFilter.shape,
    after: z.optional(eventNumber),
    limit,
  }),
  response: pageOf(datasetImage),
});

export const getDatasetImagesCount = endpoint({
  method: 'GET',
  url: `${at}/images/count`,
  query: z.object({ ...datasetFilter.shape, after: z.optional(eventNumber) }),
  response: fitting,
});

export const getDatasetImageThumbnail = endpoint({
  method: 'GET',
  url: `${at}/images/:image/thumbnail`,
  sends: thumbnail,
});

export const getDatasetImageView = endpoint({ method: 'GET', url: `${at}/images/:image/view`, sends: picture });

export const getDatasetImageMask = endpoint({
  method: 'GET',
  url: `${at}/images/:image/mask`,
  query: z.object({ recipe }),
  sends: mask,
});

export const getDatasetFailures = endpoint({
  method: 'GET',
  url: `${at}/failures`,
  query: z.object({
    after: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{1,2000}$/, 'the `next` of the last part'))),
    limit,
  }),
  response: pageOf(datasetFailure),
});
