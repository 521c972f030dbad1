/** Search by example: what is looked for, the index of a set of keys by shard, and what was found. */
import { extractSettings } from '../options.ts';
import * as z from '../zod.ts';
import { shardReport } from './reports.ts';

/** Of a shard of the index. */
export const indexReport = z.extend(shardReport, {
  /** A hash of the images that it was made of, and of how. */
  of: z.string(),
});
export type IndexReport = z.infer<typeof indexReport>;

/** In an index's file: the images in order, and how many rows each has. */
export const indexedImages = z.array(z.object({ sha256: z.string(), rows: z.int().check(z.positive()) }));
export type IndexedImage = z.infer<typeof indexedImages>[number];

/** Left, top, right and bottom in pixels of an image, right and bottom not included. */
export const pixelBox = z.tuple([z.number(), z.number(), z.number(), z.number()]);

export const searchQuery = z.object({
  version: z.literal(1),
  dataset: z.string(),
  extract: extractSettings,
  /** The image with the example. */
  image: z.object({ id: z.number(), sha256: z.string(), name: z.string(), object: z.string() }),
  /** Of that image, in pixels. */
  width: z.number(),
  height: z.number(),
  /** The example's pixels: run lengths, or a segment of a mask of the image. One of the two is there. */
  region: z.optional(z.array(z.number())),
  segment: z.optional(z.object({ mask: z.string(), id: z.number() })),
  /** Around them: left, top, right and bottom, right and bottom not included. */
  box: pixelBox,
  /** How many images are wanted. */
  top: z.number(),
  /** How many the index may name for a closer look; default 8 times as many, at least 100. */
  candidates: z.optional(z.number()),
});
export type SearchQuery = z.infer<typeof searchQuery>;

/** A place that looks like the example, the best one of its image. */
export const searchResult = z.object({
  /** The image's name, and its id in the dataset. */
  image: z.string(),
  id: z.number(),
  sha256: z.string(),
  /** Of the upright image, pixels. */
  width: z.number(),
  height: z.number(),
  /** The likeness of the place's best patch. */
  score: z.number(),
  box: pixelBox,
  /** The middle of the best patch, x and y. */
  place: z.tuple([z.number(), z.number()]),
});
export type SearchResult = z.infer<typeof searchResult>;

export const searchReport = z.object({
  version: z.literal(1),
  /** Images in the index besides that of the example. */
  images: z.number(),
  /** Of these the ones whose keys were read. */
  compared: z.number(),
  /** The best first. */
  results: z.array(searchResult),
});
export type SearchReport = z.infer<typeof searchReport>;
