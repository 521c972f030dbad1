/** Events of an assignment (spec/events.md). Readers ignore fields and events that they do not know. */
import { z } from 'zod';
import { assignmentState } from './states.ts';

const at = z.object({ x: z.number(), y: z.number() });

/** Bodies by kind. */
export const assignmentEvents = {
  /** Labels of the node grid of the first n interactions: a run-length code; `ms` milliseconds in the worker. */
  patch: z.object({
    n: z.int(),
    h: z.int(),
    w: z.int(),
    labels: z.array(z.int()),
    runs: z.array(z.int()),
    ms: z.number().optional(),
  }),
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
export type AssignmentEventBody<Kind extends AssignmentEventKind> = z.infer<(typeof assignmentEvents)[Kind]>;
