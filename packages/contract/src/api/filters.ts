/** Filters of images: of a dataset, through one of its mask sets, or of a campaign. They are saved under names, and fixed as lists. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { decimal, id, integer, line, nothing, recipe, slug, text } from './fields.ts';

/** What people call images, beside their names. */
export const tagName = line(60);

/** A day of UTC. */
const day = z
  .string()
  .check(z.regex(/^(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/, 'a day, as in 2026-11-30'));

/** What images of datasets and of campaigns are asked alike. */
const common = {
  /** A part of a name of the image, in any case. */
  name: z.optional(text(200)),
  tag: z.optional(tagName),
  /** Least uncertainty, 0 … 1. */
  uncertain: z.optional(decimal(0, 1)),
  /** The account that worked on it; of a dataset's images, in campaigns that the caller reviews. */
  annotator: z.optional(id),
  /** The first and the last day on which anybody, or that annotator, was at it last. */
  since: z.optional(day),
  until: z.optional(day),
};

export const imageState = z.enum(['masked', 'failed', 'none']);

/** Which images of a dataset. */
export const datasetFilter = z.described(
  z.strictObject({
    ...common,
    /** The mask set by which state, category and uncertainty are told. */
    recipe: z.optional(recipe),
    state: z.optional(imageState),
    /** Name of a category in the mask. */
    category: z.optional(text(200)),
  }),
  { id: 'DatasetFilter' },
);
export type DatasetFilter = z.infer<typeof datasetFilter>;

/** Which images of a campaign. */
export const campaignFilter = z.described(
  z.strictObject({
    ...common,
    state: z.optional(z.enum(['open', 'done'])),
    work: z.optional(z.enum(['none', 'begun', 'handed', 'accepted', 'sent_back', 'skipped'])),
    /** Id of a category that somebody drew. */
    category: z.optional(integer(1, 65_535)),
  }),
  { id: 'CampaignFilter' },
);
export type CampaignFilter = z.infer<typeof campaignFilter>;

/** One or the other, as the subject says. */
export const imageFilter = z.union([datasetFilter, campaignFilter]);
export type ImageFilter = z.infer<typeof imageFilter>;

export const savedFilter = z.described(
  z.object({
    name: slug,
    filter: z.record(z.string(), z.union([z.string(), z.number()])),
    /** Who saved it last. */
    by: z.nullable(z.string()),
    made: z.string(),
  }),
  { id: 'SavedFilter' },
);
export type SavedFilter = z.infer<typeof savedFilter>;

/** A list of a dataset's images as a filter found them at one moment: it stays as it is. */
export const selection = z.described(
  z.object({
    id: z.string(),
    dataset: z.string(),
    images: z.int(),
    /** The name of the filter. */
    filter: z.string(),
  }),
  { id: 'Selection' },
);
export type Selection = z.infer<typeof selection>;

/** How many images fit, of a part of them: `next`, given as `after`, asks for the next part; null at the end. */
export const fitting = z.described(z.object({ images: z.int(), next: z.nullable(z.string()) }), { id: 'Fitting' });

const at = '/api/filters/:subject';

export const getFilters = endpoint({ method: 'GET', url: at, response: z.array(savedFilter) });

export const putFilter = endpoint({
  method: 'PUT',
  url: `${at}/:filter`,
  body: imageFilter,
  response: nothing,
});

export const deleteFilter = endpoint({ method: 'DELETE', url: `${at}/:filter`, response: nothing });

/** Fixes the images that fit a saved filter now. */
export const postFilterSelection = endpoint({ method: 'POST', url: `${at}/:filter/selection`, response: selection });

/** Gives some of a campaign's images out before all others: those that fit one of its saved filters, or the most to learn from first. */
export const postCampaignFirst = endpoint({
  method: 'POST',
  url: '/api/campaigns/:campaign/first',
  body: z.union([
    z.strictObject({ filter: slug }),
    /** As the dataset's last pre-labels say (`saltworks prelabel`). */
    z.strictObject({ order: z.literal('learn') }),
  ]),
  response: z.object({ images: z.int() }),
});

const tags = '/api/tags/:subject';

export const imageTag = z.described(z.object({ tag: z.string(), images: z.int() }), { id: 'ImageTag' });

/** Tags of a dataset, or of a campaign's images. */
export const getTags = endpoint({ method: 'GET', url: tags, response: z.array(imageTag) });

/** Most images that are named at once. */
export const mostNamed = 10_000;

/** Numbers of images in their dataset. */
export const imageNumbers = z
  .array(z.int().check(z.gte(1), z.lte(0x7fffffff)))
  .check(z.minLength(1), z.maxLength(mostNamed));

const tagging = { tag: tagName, set: z.boolean() };

/** Sets a tag of images, or takes it from them: of those given, by their numbers in the dataset, or of all that fit a filter. */
export const postTags = endpoint({
  method: 'POST',
  url: tags,
  body: z.union([
    z.strictObject({ ...tagging, images: imageNumbers }),
    z.strictObject({ ...tagging, filter: imageFilter }),
  ]),
  /** How many had not been so before. */
  response: z.object({ images: z.int() }),
});
