/** `stack.json` of a home: the embedded stack that runs there, for other commands to find. */
import { z } from 'zod';

/** Files of before they had a version lack it. */
export const stackFile = z.object({
  version: z.literal(1).optional(),
  /** Of the supervising process. */
  pid: z.number(),
  /** Process id of Temporal's server, once it runs. */
  temporal: z.number().optional(),
  /** Of Temporal, host:port. */
  address: z.string(),
  /** Of the HTTP server: another one once it had to move to another port. Absent from files of before there was a server. */
  url: z.string().optional(),
});
export type StackFile = z.infer<typeof stackFile>;
