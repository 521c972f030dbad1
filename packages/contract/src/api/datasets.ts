/** Datasets as a list shows them. */
import * as z from '../zod.ts';
import { shownCampaigns as shown } from './campaigns.ts';
import { endpoint } from './endpoint.ts';

export const dataset = z.described(
  z.object({
    name: z.string(),
    images: z.int(),
    /** Images whose files changed since: kept, and shown nowhere else. */
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

/** Undoes that it was deleted. */
export const postDatasetRestore = endpoint({ method: 'POST', url: `${at}/restore`, response: dataset });
