/** Search by example: the keys of a dataset are indexed, then the places that look most like an example are found. */
import { extractSettings } from '../options.ts';
import * as z from '../zod.ts';
import { tally } from './activities.ts';
import type { ActivitiesOf, ActivityDefinitions } from './definitions.ts';

const indexShardRequest = z.object({ dataset: z.string(), shard: z.number(), extract: extractSettings });
export type IndexShardRequest = z.infer<typeof indexShardRequest>;

/** @property query id of a SearchQuery */
export const findPlacesRequest = z.object({ dataset: z.string(), query: z.string() });
export type FindPlacesRequest = z.infer<typeof findPlacesRequest>;

/** What was found. */
export const found = z.object({
  /** Images whose keys were read. */
  compared: z.number(),
  /** Images that have a place in the report. */
  found: z.number(),
});
export type Found = z.infer<typeof found>;

/** Done by workers, on the queue `propagate`. */
export const searchActivities = {
  /** Writes a shard's part of the index, unless it is there. Images without keys are left out. */
  indexShard: { request: indexShardRequest, answer: tally },
  /** Asks the index for the likeliest images, compares all their keys, and writes the SearchReport. */
  findPlaces: { request: findPlacesRequest, answer: found },
} satisfies ActivityDefinitions;
export type SearchActivities = ActivitiesOf<typeof searchActivities>;
