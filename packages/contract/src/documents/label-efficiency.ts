/** How good a drawing's mask was after its first strokes, as it is kept. */
import * as z from '../zod.ts';

/** Version of the replay. A report of another one is made anew. */
export const labelEfficiencyVersion = 1;
const version = z.literal(labelEfficiencyVersion);

const segment = z.object({ id: z.number(), category: z.string(), isthing: z.boolean() });
const stroke = z.object({
  segment: z.number(),
  points: z.array(z.tuple([z.number(), z.number()])),
  radius: z.number(),
  polygon: z.optional(z.boolean()),
  region: z.optional(z.array(z.number())),
  exact: z.optional(z.boolean()),
  spread: z.optional(z.boolean()),
});
const lock = z.object({ segment: z.number(), region: z.array(z.number()) });

/** A drawing as it grew: written for the worker that replays it, which removes it when it is done. */
export const drawingSteps = z.object({
  version,
  /** Every stroke that a step has, once for each segment that it belonged to; one that was erased before the first of them is left out. */
  strokes: z.array(stroke),
  steps: z.array(
    z.object({
      /** How many had been drawn, undone or not. */
      strokes: z.number(),
      /** At work until then. */
      seconds: z.number(),
      /** The drawing: its segments, places in the list of strokes, and locks. */
      segments: z.array(segment),
      drawn: z.array(z.number()),
      locks: z.optional(z.array(lock)),
    }),
  ),
});
export type DrawingSteps = z.infer<typeof drawingSteps>;

/** What is kept of a drawing at `labelEfficiencyKey`: how good its mask was step by step, or why it cannot be replayed. */
export const labelEfficiencyReport = z.union([
  z.object({
    version,
    /** The last one is what was handed in. */
    steps: z.array(
      z.object({
        strokes: z.number(),
        seconds: z.number(),
        /** Mean IoU with the mask that was handed in, and with the known one; 0 where the strokes make no mask yet. */
        handedIn: z.number(),
        known: z.optional(z.number()),
      }),
    ),
  }),
  z.object({
    version,
    reason: z.string(),
    /** An object was missing, and may come back: worth another look. */
    again: z.optional(z.literal(true)),
  }),
]);
export type LabelEfficiencyReport = z.infer<typeof labelEfficiencyReport>;

const otherReport = z
  .object({ version: z.number() })
  .check(z.refine((report) => report.version !== labelEfficiencyVersion, { abort: true }));

/** A report as it may lie in a store. */
export const storedLabelEfficiency = z.union([labelEfficiencyReport, otherReport]);

/** Whether a report is of this version. */
export const isCurrentEfficiency = (report: z.infer<typeof storedLabelEfficiency>): report is LabelEfficiencyReport =>
  report.version === labelEfficiencyVersion;
