/** A folder for the protocol `corpus`, and what it measures (docs/eval.md). */
import { presetNames } from '../kinds.ts';
import * as z from '../zod.ts';

/** `index.json`: classes in the order of their labels, from 1, and stems of images. */
export const corpusIndex = z.object({
  classes: z.array(z.string()),
  train: z.array(z.string()),
  test: z.array(z.string()),
});
export type CorpusIndex = z.infer<typeof corpusIndex>;

/** Of all test pixels that have a true class. */
const corpusFigures = z.object({
  /** Share with the right class. */
  right: z.number(),
  /** Mean over classes that occur. */
  miou: z.number(),
  /** By class; null of one that occurs nowhere. */
  iou: z.record(z.string(), z.nullable(z.number())),
});
export type CorpusFigures = z.infer<typeof corpusFigures>;

/** Of test images that have strokes, from these: without the corpus, and with it. */
const besideStrokes = z.object({
  /** Test images with strokes. */
  images: z.number(),
  alone: corpusFigures,
  heard: corpusFigures,
  /** The most that the corpus was trusted, mean over the choices (core's `corpus/trust.ts`). */
  trust: z.number(),
});

export const corpusReport = z.object({
  version: z.literal(1),
  backbone: z.string(),
  preset: z.enum(presetNames),
  seed: z.number(),
  /** Test images. */
  test: z.number(),
  /** Choices of train images for each number of them. */
  choices: z.number(),
  /** By the number of train images; means over the choices. */
  figures: z.array(
    z.extend(corpusFigures, {
      images: z.number(),
      /** Earlier versions leave it out, and folders whose test images have no strokes. */
      strokes: z.optional(besideStrokes),
    }),
  ),
});
export type CorpusReport = z.infer<typeof corpusReport>;
