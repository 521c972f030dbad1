/** `stack.json` of a home: the embedded stack that runs there, for other commands to find. */
import * as z from '../zod.ts';

/** Files of before they had a version lack it. */
export const stackFile = z.object({
  version: z.optional(z.literal(1)),
  /** Of the supervising process. */
  pid: z.number(),
  /** Process id of Temporal's server, once it runs. */
  temporal: z.optional(z.number()),
  /** Of Temporal, host:port. */
  address: z.string(),
  /** Of the HTTP server: another one once it had to move to another port. Absent from files of before there was a server. */
  url: z.optional(z.string()),
});
export type StackFile = z.infer<typeof stackFile>;
