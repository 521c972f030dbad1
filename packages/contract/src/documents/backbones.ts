/** Backbones that people added, what was fetched of the known ones, and downloads that are not through. */
import { facets, interpolations } from '../kinds.ts';
import * as z from '../zod.ts';

/** Names that a backbone can have: they become parts of file names, object names and ids of keys. */
export const addedName = /^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$/;

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
/** Names that a file of a backbone can have. Never a path: it lies in the folder of its backbone. */
export const fileName = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$/;
const pixels = z.int().check(z.gte(1), z.lte(65_536));
const rgb = z.array(z.number()).check(z.length(3));

/** What keys depend on, the file apart. */
export const backboneSettings = {
  /** Side of a patch in pixels. */
  patch: pixels,
  /** Long side of an image as the backbone sees it, in pixels, where none is named. */
  longSide: pixels,
  /** Mean and standard deviation of r, g, b in 0 … 1. */
  mean: rgb,
  std: rgb,
  /** How the position embedding is resized. */
  interpolation: z.enum(interpolations),
  /** The attention layer, from 0, and the part of it that serve as keys where none is named; absent: the last layer, its keys. */
  layer: z.optional(z.int().check(z.gte(0))),
  facet: z.optional(z.enum(facets)),
  /** σ of the RBF graph is this factor · the median distance of keys. */
  sigma: z.number().check(z.positive()),
};

/** Sizes of the network. */
export const backboneSizes = { layers: z.number(), heads: z.number(), dim: z.number() };

/** A file of a backbone: the ONNX file, or weights that it keeps beside it. */
const heldFile = { name: z.string().check(z.regex(fileName)), sha256, bytes: z.number() };

/** Where an added backbone's file comes from: one of the three. */
const addedFile = z.object({
  ...heldFile,
  url: z.optional(z.string()),
  /** A file of the machine that it was added on. */
  path: z.optional(z.string()),
  /** An object of the store. */
  object: z.optional(z.string()),
});

/** An entry of somebody's own, `NAME.json` among the backbones of a home or a store. */
export const addedBackbone = z.object({
  version: z.literal(1),
  name: z.string().check(z.regex(addedName)),
  /** The ONNX file first. */
  files: z.array(addedFile).check(z.minLength(1)),
  ...backboneSettings,
  ...backboneSizes,
  /** In the words of the person who added it. */
  licence: z.string(),
  /** ISO 8601. */
  added: z.string(),
  /** Removed, yet kept: the name never comes to stand for other keys. */
  removed: z.optional(z.literal(true)),
});
export type AddedBackbone = z.infer<typeof addedBackbone>;

/** The files that a known backbone's name stands for, recorded where the registry does not say: at first use, and enforced since. */
export const fetchedBackbone = z.object({
  version: z.literal(1),
  name: z.string(),
  files: z.array(z.object(heldFile)),
  /** What they were fetched from. */
  source: z.string(),
  /** ISO 8601. */
  fetched: z.string(),
});
export type FetchedBackbone = z.infer<typeof fetchedBackbone>;

/** A download that is not through: another attempt goes on with its bytes if the source still has that version. */
export const partialDownload = z.object({
  version: z.literal(1),
  source: z.string(),
  /** The source's own mark of a version: an ETag, or size and time of a file. */
  mark: z.optional(z.string()),
});
export type PartialDownload = z.infer<typeof partialDownload>;
