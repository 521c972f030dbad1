/** Measures of a campaign's work: time, agreement, consensus, masks for export. */
import { interval } from '../documents/bakeoffs.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { schemaVersion } from './exports.ts';
import { id } from './fields.ts';
import { mask } from './files.ts';

const segmentEffort = z.object({ segment: z.int(), category: z.int(), strokes: z.int(), seconds: z.number() });
export const assignmentEffort = z.described(
  z.object({
    seconds: z.number(),
    idle: z.number(),
    interactions: z.int(),
    strokes: z.array(z.object({ n: z.int(), segment: z.int(), seconds: z.number() })),
    segments: z.array(segmentEffort),
    discarded: z.number(),
    review: z.number(),
  }),
  { id: 'Effort' },
);

export const effortTotals = z.described(
  z.object({
    annotators: z.array(
      z.object({ annotator: z.string(), images: z.int(), strokes: z.int(), seconds: z.number(), idle: z.number() }),
    ),
    /** Category 0: the background. */
    classes: z.array(z.object({ category: z.int(), segments: z.int(), strokes: z.int(), seconds: z.number() })),
  }),
  { id: 'EffortTotals' },
);
export type Effort = z.infer<typeof effortTotals>;

const meanOf = z.object({ mean: z.number(), count: z.int() });
export const agreement = z.described(
  z.object({
    /** Images that two or more submitted; the mean over every two of them. */
    images: z.array(
      z.object({
        task: z.string(),
        name: z.string(),
        annotators: z.int(),
        miou: z.number(),
        pixels: z.number(),
        kappa: z.number(),
      }),
    ),
    classes: z.array(z.object({ category: z.string(), iou: z.number(), pairs: z.int() })),
    /** Against masks that are known. */
    honeypots: z.array(z.object({ task: z.string(), annotator: z.string(), miou: z.number() })),
    annotators: z.array(
      z.object({
        annotator: z.string(),
        /** How much they count, 0 … 1. */
        weight: z.number(),
        honeypots: meanOf,
        overlaps: meanOf,
      }),
    ),
    /** Pairs of masks that cannot be compared, and why. */
    incomparable: z.array(z.object({ task: z.string(), name: z.string(), reason: z.string() })),
    /** Pairs that are being compared at this moment: ask again. */
    pending: z.int(),
  }),
  { id: 'Agreement' },
);
export type Agreement = z.infer<typeof agreement>;

/** The mean IoU of images' masks as drawing goes on: the mean over images, and what 95 % of samples of images would give. */
const curve = z.object({
  images: z.int(),
  drawings: z.int(),
  /** Means of a drawing. */
  strokes: z.number(),
  seconds: z.number(),
  /** `going`: drawings that went on after that. */
  byStrokes: z.array(z.object({ strokes: z.int(), miou: interval, going: z.int() })),
  bySeconds: z.array(z.object({ seconds: z.number(), miou: interval, going: z.int() })),
  /** Where all that comes later adds 0.01 at most. */
  enough: z.object({ strokes: z.int(), seconds: z.number() }),
});
export type EfficiencyCurve = z.infer<typeof curve>;

export const labelEfficiency = z.described(
  z.object({
    /** By how far masks are like the one that was handed in in the end. Null where nothing is replayed yet. */
    handedIn: z.nullable(curve),
    /** By how far they are like the known mask, of images that have one. */
    known: z.nullable(curve),
    /** Drawings that cannot be replayed, and why. */
    leftOut: z.array(z.object({ task: z.string(), name: z.string(), reason: z.string() })),
    /** Drawings that are being replayed at this moment: ask again. */
    pending: z.int(),
  }),
  { id: 'LabelEfficiency' },
);
export type LabelEfficiency = z.infer<typeof labelEfficiency>;

const weighting = z.enum(['reliability', 'equal']);
/** How much annotators count in a consensus: as they are reliable, or all the same. */
export type Weighting = z.infer<typeof weighting>;
/** The same, or by user, 1 where none is given. */
export const weights = z.union([weighting, z.record(id, z.number().check(z.gte(0), z.lte(1000)))]);

export const consensus = z.described(
  z.object({
    mask: z.string(),
    /** Of the mask: ids, and categories by name. */
    segments: z.array(z.object({ id: z.int(), category: z.string() })),
    /** By user. */
    weights: z.record(z.string(), z.number()),
    made: z.string(),
  }),
  { id: 'Consensus' },
);
export type Consensus = z.infer<typeof consensus>;

export const published = z.described(
  z.object({
    dataset: z.string(),
    recipe: z.string(),
    images: z.int(),
    former: z.int(),
    /** The build that is shown; null of accepted masks alone, and from earlier servers. */
    build: z._default(z.nullable(z.string()), null),
  }),
  { id: 'Published' },
);

export const getAssignmentEffort = endpoint({
  method: 'GET',
  url: '/api/assignments/:assignment/effort',
  response: assignmentEffort,
});

export const getCampaignEffort = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/effort',
  response: effortTotals,
});

export const getCampaignAgreement = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/agreement',
  response: agreement,
});

export const getCampaignLabelEfficiency = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/label-efficiency',
  response: labelEfficiency,
});

export const postCampaignPublish = endpoint({
  method: 'POST',
  url: '/api/campaigns/:campaign/publish',
  body: z.strictObject({
    accepted: z._default(z.boolean(), false),
    /** The version of the classes that exports are to have; default the current one. */
    schema: z.optional(schemaVersion),
  }),
  response: published,
});

export const postTaskConsensus = endpoint({
  method: 'POST',
  url: '/api/tasks/:task/consensus',
  body: z.strictObject({ weights: z._default(weights, 'reliability') }),
  response: consensus,
});

export const getTaskConsensus = endpoint({ method: 'GET', url: '/api/tasks/:task/consensus', response: consensus });

export const getTaskConsensusMask = endpoint({ method: 'GET', url: '/api/tasks/:task/consensus/mask', sends: mask });
