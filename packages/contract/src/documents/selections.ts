/** A list of a dataset's images that a filter found at one moment; campaigns and exports are made of it. */
import * as z from '../zod.ts';

export const selectionDocument = z.object({
  version: z.literal(1),
  dataset: z.string(),
  /** The filter: `of` a dataset or a campaign, its name and what it asked. */
  filter: z.object({
    of: z.object({ kind: z.enum(['campaign', 'dataset']), name: z.string() }),
    name: z.string(),
    asked: z.record(z.string(), z.unknown()),
  }),
  /** Numbers of images, ascending. */
  images: z.array(z.int()),
});
export type SelectionDocument = z.infer<typeof selectionDocument>;
