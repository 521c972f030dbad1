/** Events of an assignment (spec/events.md). Readers ignore fields and events that they do not know. */
import { z } from 'zod';
import { nodeLabels } from '../documents/node-labels.ts';
import { assignmentState } from './states.ts';

const at = z.object({ x: z.number(), y: z.number() });

/** Bodies by kind. */
export const assignmentEvents = {
  /** Labels of the nodes of the first n interactions; `ms`: milliseconds in the worker. */
  patch: z.object({ n: z.int(), ...nodeLabels.shape, ms: z.number().optional() }),
  /** The mask of the first n interactions, and its segments. */
  pixel: z.object({ n: z.int(), mask: z.string(), segments: z.array(z.unknown()).optional() }),
  /** No answer can be given to the drawing. */
  none: z.object({ n: z.int(), reason: z.string() }),
  /** The assignment is now in another state. */
  state: z.object({
    state: assignmentState,
    mask: z.string().optional(),
    reason: z.string().nullable().optional(),
    note: z.string().nullable().optional(),
    at: at.nullable().optional(),
  }),
} as const;

export type AssignmentEventKind = keyof typeof assignmentEvents;
type Bodies = { [Kind in AssignmentEventKind]: z.infer<(typeof assignmentEvents)[Kind]> };
export type AssignmentEventBody<Kind extends AssignmentEventKind> = Bodies[Kind];

/** @param data of a Server-Sent Event of this kind @throws Error if it is none */
export function parseEvent<Kind extends AssignmentEventKind>(kind: Kind, data: string): AssignmentEventBody<Kind> {
  const schemas: { [Each in AssignmentEventKind]: z.ZodType<Bodies[Each]> } = assignmentEvents;
  return schemas[kind].parse(JSON.parse(data));
}
