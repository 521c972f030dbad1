/** Search by example: where else in a dataset something looks like a segment or a stroke. */

import { maxSegmentId } from '../documents/scribbles.ts';
import { pixelBox } from '../documents/searches.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { keysName, recipe, searchId } from './fields.ts';
import { point, region } from './interactions.ts';
import { run } from './runs.ts';

const common = {
  /** Number of the image with the example. */
  image: z.int().check(z.gte(1), z.lte(0x7fffffff)),
  /** Id of the set of keys that are compared; default the default backbone's, else the first that the image has. */
  keys: z.optional(keysName),
  /** How many images are wanted. */
  top: z._default(z.int().check(z.gte(1), z.lte(200)), 50),
};

/** The example: a segment of a mask of the image, a stroke on it, or any of its pixels; or that of an earlier search, looked for again. */
export const newSearch = z.described(
  z.union([
    z.strictObject({ ...common, recipe, segment: z.int().check(z.gte(1), z.lte(maxSegmentId)) }),
    z.strictObject({
      ...common,
      /** Points [x, y] and half the width of the brush, in pixels of the upright image. */
      stroke: z.strictObject({
        points: z.array(point).check(z.minLength(1), z.maxLength(512)),
        radius: z.number().check(z.gte(0), z.lte(100)),
      }),
    }),
    z.strictObject({ ...common, region }),
    z.strictObject({ again: searchId }),
  ]),
  { id: 'NewSearch' },
);
export type NewSearch = z.input<typeof newSearch>;

export const search = z.described(
  z.object({
    id: z.string(),
    /** Id of the keys that are compared. */
    keys: z.string(),
    /** How many images are wanted. */
    top: z.int(),
    /** What is looked for: an image, its size, and the box around the example. */
    example: z.object({ image: z.int(), name: z.string(), width: z.int(), height: z.int(), box: pixelBox }),
    /** The last run that looked for it; null where it was so long ago that nobody knows. */
    run: z.nullable(run),
    /** Null until the run is done. */
    found: z.nullable(
      z.object({
        /** Images in the index besides that of the example, and those of them that were compared in full. */
        images: z.int(),
        compared: z.int(),
        /** The best first. */
        results: z.array(
          z.object({
            image: z.int(),
            name: z.string(),
            width: z.int(),
            height: z.int(),
            /** The likeness of the place's best patch. */
            score: z.number(),
            /** Left, top, right and bottom of the place, pixels, right and bottom not included. */
            box: pixelBox,
            /** The middle of its best patch. */
            place: z.tuple([z.number(), z.number()]),
          }),
        ),
      }),
    ),
  }),
  { id: 'Search' },
);
export type Search = z.infer<typeof search>;
export type SearchPlace = NonNullable<Search['found']>['results'][number];

const at = '/api/datasets/:dataset/search';

export const postDatasetSearch = endpoint({ method: 'POST', url: at, body: newSearch, response: search });

export const getDatasetSearch = endpoint({ method: 'GET', url: `${at}/:search`, response: search });
