/**
 * Builds: all masks that a campaign or a dataset shows at one moment, and what each is made from. A build is named by its
 * content and never changes; when, why and by whom it was made stands in the database.
 */
import { facets, presetNames } from '../kinds.ts';
import { codec, segmentOptions } from '../options.ts';
import * as z from '../zod.ts';
import { lineage } from './key-sets.ts';
import { maskReport, reportedMask } from './reports.ts';

/** Whose masks a build holds. */
export const subject = z.object({
  kind: z.enum(['campaign', 'dataset']),
  /** The campaign's id, or the dataset's name. */
  name: z.string(),
});
export type Subject = z.infer<typeof subject>;

/** The strokes that a mask is made from: one person's on one image, or a dataset's own. */
const drawing = z.object({
  /** sha256 of their bytes, hex: `strokesKey` names the copy that is kept for builds. */
  strokes: z.string(),
  extension: z.enum(['.json', '.png']),
  /** Account of the annotator; absent of a dataset's own scribbles. */
  by: z.optional(z.string()),
  /** Accounts of reviewers who drew in it, too, in the order in which they began; absent if none did. */
  correctedBy: z.optional(z.array(z.string())),
  /** The annotator's assignment, and how many of its interactions these are. */
  assignment: z.optional(z.string()),
  n: z.optional(z.number()),
  /** In a consensus. */
  weight: z.optional(z.number()),
  /** The mask of these strokes alone, of a consensus. */
  mask: z.optional(z.string()),
});
export type Drawing = z.infer<typeof drawing>;

/** An image of a build: its mask, and where that comes from. */
export const buildImage = z.object({
  /** In its dataset, and by its bytes. */
  id: z.number(),
  sha256: z.string(),
  name: z.string(),
  object: z.string(),
  /** Id of the mask: where it lies once it is made. */
  mask: z.string(),
  /** In the order of annotators' accounts. Empty where the strokes are no longer known. */
  drawings: z.array(drawing),
  /** All drawings in one solve, even where there is but one. */
  consensus: z.optional(z.literal(true)),
  /** What it is made with: its place in the build's `settings`; null where nobody knows. */
  settings: z.nullable(z.number()),
  /**
   * Why the mask is the one of before, though the rest was made anew. `accepted`: a person accepted it in review. `chosen`: a
   * person chose it over the new one.
   */
  kept: z.optional(z.enum(['accepted', 'chosen'])),
  /** The mask that `settings[0]` would give, where another was kept: compared, not shown. */
  offered: z.optional(z.string()),
});
export type BuildImage = z.infer<typeof buildImage>;

/** Everything that masks are made with besides images and strokes. */
export const buildSettings = z.object({
  extract: z.looseObject({
    backbone: z.string(),
    layer: z.optional(z.number()),
    facet: z.enum(facets),
    longSide: z.optional(z.number()),
    codec: z.optional(codec),
  }),
  /** What the keys were made with; absent where nobody noted it. */
  keys: z.optional(lineage),
  preset: z.enum(presetNames),
  /** With every default filled in. */
  options: segmentOptions,
  /** The name of all this, of which a mask's id is made. */
  recipe: z.string(),
  /** Version of the code that makes masks; null where an unknown earlier one did. */
  code: z.nullable(z.number()),
});
export type BuildSettings = z.infer<typeof buildSettings>;

export const build = z.object({
  version: z.literal(1),
  /** The first 16 digits of the sha256 of the fields below. */
  id: z.string(),
  subject,
  dataset: z.string(),
  /** The first is what new drawings are answered with while the build is current. */
  settings: z.array(buildSettings),
  images: z.number(),
  /** Of them kept from an earlier build. */
  kept: z.number(),
  /** By shard of the dataset: sha256 of its BuildImages as they lie at `buildLinesKey`; null where it has none. */
  lines: z.array(z.nullable(z.string())),
});
export type Build = z.infer<typeof build>;

/** The masks of a shard of a build, as those of any mask set: exports and pages read them alike. */
export const buildReport = z.extend(maskReport, {
  masks: z.array(
    z.extend(reportedMask, {
      /** sha256 of the PNG, hex: whether a mask that is made again is the same. */
      content: z.string(),
    }),
  ),
});
export type BuildReport = z.infer<typeof buildReport>;

/**
 * What a build is planned from: the strokes of every image at one moment, and the mask that is shown of it. Lines of a shard
 * lie at `buildLinesKey` of their hash.
 */
export const snapshotImage = z.object({
  ...z.omit(buildImage, { mask: true, settings: true, kept: true, offered: true }).shape,
  /** The mask that is shown; absent where none was made yet. */
  shown: z.optional(
    z.object({
      ...z.pick(buildImage, { mask: true, drawings: true, consensus: true, settings: true }).shape,
      /** A person accepted it in review. */
      accepted: z.optional(z.literal(true)),
    }),
  ),
});
export type SnapshotImage = z.infer<typeof snapshotImage>;

export const snapshot = z.object({
  version: z.literal(1),
  subject,
  dataset: z.string(),
  /** Those that `shown.settings` counts in. */
  settings: z.array(buildSettings),
  images: z.number(),
  /** By shard of the dataset: sha256 of its SnapshotImages; null where it has none. */
  lines: z.array(z.nullable(z.string())),
});
export type Snapshot = z.infer<typeof snapshot>;

/** A mask that came out otherwise, or not at all, when it was made again. @property reason in words */
export const differingMask = z.extend(reportedMask, { reason: z.string() });

/** A shard of a build that was made again. */
export const rebuildReport = z.object({
  version: z.literal(1),
  images: z.number(),
  differing: z.array(differingMask),
});
export type RebuildReport = z.infer<typeof rebuildReport>;
