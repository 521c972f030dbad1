/** Datasets as a list shows them. */
import * as z from '../zod.ts';
import { shownCampaigns as shown } from './campaigns.ts';
import { endpoint } from './endpoint.ts';
import { integer, limit } from './fields.ts';
import { imageFilter, imageNumbers } from './filters.ts';

export const dataset = z.described(
  z.object({
    name: z.string(),
    images: z.int(),
    /** Images whose files changed since, or that were taken out: kept, and shown nowhere else. */
    former: z.int(),
    bytes: z.int(),
    shards: z.int(),
    updated: z.string(),
    /** Since when it is in the archive; null if it is not. */
    archived: z._default(z.nullable(z.string()), null),
    /** When it was deleted, and when it goes for good; null if it was not. */
    deleted: z._default(z.nullable(z.object({ at: z.string(), goes: z.string() })), null),
  }),
  { id: 'Dataset' },
);
export type DatasetInfo = z.infer<typeof dataset>;

export const getDatasets = endpoint({
  method: 'GET',
  url: '/api/datasets',
  query: z.object({ show: z._default(shown, 'current') }),
  response: z.array(dataset),
});

const at = '/api/datasets/:dataset';

/** Into the archive. */
export const postDatasetArchive = endpoint({ method: 'POST', url: `${at}/archive`, response: dataset });

/** Out of the archive. */
export const deleteDatasetArchive = endpoint({ method: 'DELETE', url: `${at}/archive`, response: dataset });

export const deleteDataset = endpoint({
  method: 'DELETE',
  url: at,
  /** `true`: without a grace period. Nobody can restore it then. */
  query: z.object({ now: z._default(z.enum(['true', 'false']), 'false') }),
  response: z.object({ goes: z.string() }),
});

/** An image that was taken out of its dataset. */
export const removedImage = z.described(
  z.object({
    id: z.int(),
    name: z.string(),
    /** When it was taken out, and when its picture goes for good. */
    at: z.string(),
    goes: z.string(),
    /** The picture is no longer there; its file is not imported again until the image is put back. */
    gone: z.boolean(),
  }),
  { id: 'RemovedImage' },
);
export type RemovedImage = z.infer<typeof removedImage>;

export const getDatasetRemoved = endpoint({
  method: 'GET',
  url: `${at}/removed`,
  /** Of the numbers above `after`. */
  query: z.object({ after: z._default(integer(0, 0x7fffffff), 0), limit }),
  response: z.object({ items: z.array(removedImage), next: z.nullable(z.string()) }),
});

/** Takes images out of a dataset: those given, by their numbers, or all that fit a filter. */
export const postDatasetRemoved = endpoint({
  method: 'POST',
  url: `${at}/removed`,
  body: z.union([z.strictObject({ images: imageNumbers }), z.strictObject({ filter: imageFilter })]),
  /** How many were in it before, and when their pictures go for good. */
  response: z.object({ images: z.int(), goes: z.string() }),
});

/** Puts images back that were taken out. */
export const postDatasetRemovedBack = endpoint({
  method: 'POST',
  url: `${at}/removed/back`,
  body: z.strictObject({ images: imageNumbers }),
  /** How many are back, and how many are gone: their files may be imported again. */
  response: z.object({ images: z.int(), gone: z.int() }),
});

/** Undoes that it was deleted. */
export const postDatasetRestore = endpoint({ method: 'POST', url: `${at}/restore`, response: dataset });
