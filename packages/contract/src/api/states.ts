/** Roles of members and states of assignments: the words that other schemas choose from. */
import * as z from '../zod.ts';

export const memberRole = z.enum(['manager', 'reviewer', 'annotator']);
export type MemberRole = z.infer<typeof memberRole>;

export const assignmentState = z.enum(['leased', 'submitted', 'skipped', 'returned', 'accepted', 'sent_back']);
export type AssignmentState = z.infer<typeof assignmentState>;
