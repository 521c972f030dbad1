/** How far two masks agree, as it is kept. */

/** Of the way in which masks are compared. What an earlier one found is found anew. */
export const agreementVersion = 2;

/** What is kept of a pair at `agreementKey`: how far they agree, or why they cannot be compared. */
export type AgreementReport = { version: typeof agreementVersion } & (
  | {
      miou: number;
      pixels: number;
      kappa: number;
      classes: { category: string; iou: number; both: number }[];
    }
  | {
      reason: string;
      /** What was missing may come back: worth another look. */
      again?: true;
    }
);
