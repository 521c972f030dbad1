/** One annotator's work on one image: given out, held, ended. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { id, limit, nothing, text, wholeNumber } from './fields.ts';
import { assignmentState } from './states.ts';

export const imageInfo = z.object({
  /** In its dataset. */
  id: z.int(),
  name: z.string(),
  sha256: z.string(),
  /** Of the upright image, pixels; null until it was opened. */
  width: z.nullable(z.int()),
  height: z.nullable(z.int()),
  /** Whether its file has changed since, so that no export holds it; absent where it has not. */
  former: z.optional(z.boolean()),
});
export type ImageInfo = z.infer<typeof imageInfo>;

export const assignment = z.described(
  z.object({
    id,
    task: z.string(),
    campaign: z.string(),
    user: z.string(),
    /** The user's name, or their address where two share a name. */
    author: z.string(),
    /** Account of the reviewer who has it, to correct it; else null, or absent. */
    corrector: z.optional(z.nullable(z.string())),
    state: assignmentState,
    leaseUntil: z.string(),
    /** Interactions so far; how many of them the last answer on nodes saw, and the last in pixels. */
    n: z.int(),
    answered: z.int(),
    refined: z.int(),
    /** Number of the last event. */
    event: z.int(),
    mask: z.nullable(z.string()),
    /** Why it was skipped. */
    reason: z.nullable(z.string()),
    created: z.string(),
    submitted: z.nullable(z.string()),
    /** When its state changed last. */
    updated: z.string(),
    image: imageInfo,
  }),
  { id: 'Assignment' },
);
export type Assignment = z.infer<typeof assignment>;

const at = '/api/assignments/:assignment';

export const postCampaignNext = endpoint({
  method: 'POST',
  url: '/api/campaigns/:campaign/next',
  response: z.nullable(assignment),
});

export const getCampaignAssignments = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/assignments',
  query: z.object({
    before: z.optional(id),
    limit,
    state: z.optional(assignmentState),
    user: z.optional(id),
    task: z.optional(wholeNumber),
  }),
  response: z.array(assignment),
});

export const postAssignmentRenew = endpoint({
  method: 'POST',
  url: `${at}/renew`,
  response: z.object({ leaseUntil: z.string() }),
});

export const postAssignmentSubmit = endpoint({
  method: 'POST',
  url: `${at}/submit`,
  response: z.object({ n: z.int(), mask: z.string() }),
});

export const postAssignmentSkip = endpoint({
  method: 'POST',
  url: `${at}/skip`,
  body: z.strictObject({ reason: text(500) }),
  response: nothing,
});

export const postAssignmentReturn = endpoint({ method: 'POST', url: `${at}/return`, response: nothing });
