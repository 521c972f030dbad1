/** Events of an assignment (spec/events.md). Readers ignore fields and events that they do not know. */

import { nodeLabels } from '../documents/node-labels.ts';
import * as z from '../zod.ts';
import { noted } from './notes.ts';
import { assignmentState } from './states.ts';

const at = z.object({ x: z.number(), y: z.number() });
/** The step that gave the answer, as a `traceparent`, where traces are recorded. */
const trace = z.optional(z.string());

/** Bodies by kind. */
export const assignmentEvents = {
  /** Labels of the nodes of the first n interactions; `ms`: milliseconds in the worker. */
  patch: z.object({ n: z.int(), ...nodeLabels.shape, ms: z.optional(z.number()), trace }),
  /** The mask of the first n interactions, and its segments. */
  pixel: z.object({ n: z.int(), mask: z.string(), segments: z.optional(z.array(z.unknown())), trace }),
  /** No answer can be given to the drawing. */
  none: z.object({ n: z.int(), reason: z.string(), trace }),
  /** The assignment is now in another state. */
  state: z.object({
    state: assignmentState,
    mask: z.optional(z.string()),
    reason: z.optional(z.nullable(z.string())),
    note: z.optional(z.nullable(z.string())),
    at: z.optional(z.nullable(at)),
  }),
  /** Another build of the campaign is shown. The assignment keeps its settings until it is taken anew. */
  build: z.object({
    build: z.string(),
    /** Id of the keys that new assignments draw on. */
    keys: z.string(),
    at: z.string(),
  }),
  /** Somebody wrote a note about the image. */
  note: noted,
  /** The campaign's classes have changed: this is their version now. */
  schema: z.object({ version: z.int() }),
} as const;

export type AssignmentEventKind = keyof typeof assignmentEvents;
type Bodies = { [Kind in AssignmentEventKind]: z.infer<(typeof assignmentEvents)[Kind]> };
export type AssignmentEventBody<Kind extends AssignmentEventKind> = Bodies[Kind];

/** @param data of a Server-Sent Event of this kind @throws Error if it is none */
export function parseEvent<Kind extends AssignmentEventKind>(kind: Kind, data: string): AssignmentEventBody<Kind> {
  const schemas: { [Each in AssignmentEventKind]: z.core.$ZodType<Bodies[Each]> } = assignmentEvents;
  return z.parse(schemas[kind], JSON.parse(data));
}
