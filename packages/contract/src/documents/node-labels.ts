/** Labels of the node grid, as they are stored and sent. */
import * as z from '../zod.ts';

/** As they are sent in an event, which says `patch`: the document has no version of its own. */
export const nodeLabels = z.object({
  h: z.number(),
  w: z.number(),
  /** Segment ids, 0 the background: the meaning of labels. */
  labels: z.array(z.number()),
  /** Label, length, label, length …, row-major; lengths sum to h·w. */
  runs: z.array(z.number()),
});
export type NodeLabels = z.infer<typeof nodeLabels>;
