/** How annotators of one image compare, and what they say together: asked of workers, kept in the store. */
import type { AgreePair } from '../layout.ts';
import type { ImageRequest } from './annotate.ts';

/** @property classes names that the campaign's annotators choose from */
export interface AgreeRequest extends AgreePair {
  classes: string[];
}

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
