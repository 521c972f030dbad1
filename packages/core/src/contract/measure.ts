/** How annotators of one image compare, and what they say together: asked of workers, kept in the store. */
import type { ImageRequest } from './annotate.ts';

/** The known mask of an image, for a campaign's classes. */
export interface KnownOf {
  dataset: string;
  sha256: string;
  campaign: string;
  /** Which one: an import may replace it. Runs that an earlier version started do not say. */
  truth?: string;
}

/** Two masks, by their ids; the second may be a known one instead. */
export interface AgreePair {
  a: string;
  b: string | KnownOf;
}

/** @property classes names that the campaign's annotators choose from */
export interface AgreeRequest extends AgreePair {
  classes: string[];
}

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

/** Tries at a pair. The last one keeps why it failed, whatever that was. */
export const agreeAttempts = 5;

export interface ConsensusRequest extends ImageRequest {
  annotations: {
    annotator: string;
    /** The assignment and its n: `drawingKey` says where the scribbles are. */
    assignment: string;
    n: number;
    mask: string;
    weight: number;
  }[];
}

export interface ConsensusAnswer {
  mask: string;
  /** Mean share of weight, 0 … 1, whose own masks call a node something else. */
  dissent: number;
}

export interface MeasureActivities {
  /** Compares two masks and keeps what was found, unless this version of the measure was here before. */
  agree(request: AgreeRequest): Promise<void>;
  /** One mask of several annotators' strokes, stored like any other. */
  makeConsensus(request: ConsensusRequest): Promise<ConsensusAnswer>;
}

/** Names by which workflows are started. */
export const measureWorkflows = { agreeImages: 'agreeImages', consensusImage: 'consensusImage' } as const;

/** `agreement/ab/abcd…-efgh….json`: two masks compared. */
export const agreementKey = ({ a, b }: AgreePair): string =>
  `agreement/${a.slice(0, 2)}/${a}-${typeof b === 'string' ? b : knownName(b)}.json`;

const knownName = ({ dataset, sha256, campaign, truth }: KnownOf): string =>
  [dataset, sha256, campaign, ...(truth ? [truth] : [])].join('-');
