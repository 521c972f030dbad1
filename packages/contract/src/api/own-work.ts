/** An annotator's own work, in all campaigns that they take part in. */
import * as z from '../zod.ts';
import { assignment } from './assignments.ts';
import { endpoint } from './endpoint.ts';
import { id, limit } from './fields.ts';
import { noted } from './notes.ts';
import { assignmentState } from './states.ts';

/** How much of the caller's work in a campaign is in each state. */
export const workCount = z.described(
  z.object({
    campaign: id,
    name: z.string(),
    /** Assignments by state; a state that none is in is absent. */
    states: z.record(z.string(), z.int()),
  }),
  { id: 'WorkCount' },
);
export type WorkCount = z.infer<typeof workCount>;

/** One of the caller's assignments. */
export const ownWork = z.described(
  z.extend(assignment, {
    campaignName: z.string(),
    /** Of the last verdict. */
    note: z.nullable(z.string()),
    /** Notes and verdicts, the oldest first. */
    thread: z._default(z.array(noted), []),
  }),
  { id: 'OwnWork' },
);
export type OwnWork = z.infer<typeof ownWork>;

export const getMeWork = endpoint({ method: 'GET', url: '/api/me/work', response: z.array(workCount) });

export const getMeAssignments = endpoint({
  method: 'GET',
  url: '/api/me/assignments',
  query: z.object({
    /** The last id of the part before. */
    before: z.optional(id),
    limit,
    state: z.optional(assignmentState),
    campaign: z.optional(id),
  }),
  response: z.array(ownWork),
});

export const postAssignmentReopen = endpoint({
  method: 'POST',
  url: '/api/assignments/:assignment/reopen',
  response: assignment,
});
