/** How far two masks agree, as it is kept. */
import * as z from '../zod.ts';

/** Version of the comparison. A report of another one is made anew. */
export const agreementVersion = 2;
const version = z.literal(agreementVersion);

/** What is kept of a pair at `agreementKey`: how far they agree, or why they cannot be compared. */
export const agreementReport = z.union([
  z.object({
    version,
    miou: z.number(),
    pixels: z.number(),
    kappa: z.number(),
    classes: z.array(z.object({ category: z.string(), iou: z.number(), both: z.number() })),
  }),
  z.object({
    version,
    reason: z.string(),
    /** An object was missing, and may come back: worth another look. */
    again: z.optional(z.literal(true)),
  }),
]);
export type AgreementReport = z.infer<typeof agreementReport>;

/** A report of another version: the first had no number, and nothing of them is used. */
const otherReport = z
  .object({ version: z.optional(z.number()) })
  .check(z.refine((report) => report.version !== agreementVersion, { abort: true }));

/** A report as it may lie in a store. */
export const storedAgreement = z.union([agreementReport, otherReport]);

/** Whether a report is of this version. */
export const isCurrentReport = (report: z.infer<typeof storedAgreement>): report is AgreementReport =>
  report.version === agreementVersion;
