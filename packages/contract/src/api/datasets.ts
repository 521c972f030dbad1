/** Datasets as a list shows them. */
import * as z from '../zod.ts';
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
  }),
  { id: 'Dataset' },
);
export type DatasetInfo = z.infer<typeof dataset>;

export const getDatasets = endpoint({ method: 'GET', url: '/api/datasets', response: z.array(dataset) });
