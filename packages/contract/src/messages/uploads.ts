/** The import of an upload, or of what lies in a place: a workflow that has a worker do it, and the server note the outcome. */
import { uploadLabels } from '../api/uploads.ts';
import { uploadFrom } from '../documents/uploads.ts';
import * as z from '../zod.ts';
import { type ActivitiesOf, type ActivityDefinitions, noMessages, workflow } from './definitions.ts';

const request = z.object({ upload: z.string(), dataset: z.string(), labels: z.enum(uploadLabels) });
export type UploadRequest = z.infer<typeof request>;

const placeRequest = z.extend(request, { from: uploadFrom });
export type PlaceRequest = z.infer<typeof placeRequest>;

/** Done by workers, on the queue `propagate`. */
export const uploadActivities = {
  /** Puts the files together, opens ZIPs, and imports what is in them; the report of the upload says what came of it. */
  importUpload: { request, answer: z.void() },
  /** Imports what lies in a place of the worker's own settings, or below it; the same report says what came of it. */
  importPlace: { request: placeRequest, answer: z.void() },
} satisfies ActivityDefinitions;
export type UploadActivities = ActivitiesOf<typeof uploadActivities>;

/** Done by the server, on the queue `server`. */
export const uploadEndActivities = {
  endUpload: {
    request: z.object({
      upload: z.string(),
      state: z.enum(['done', 'failed', 'cancelled']),
      reason: z.nullable(z.string()),
    }),
    answer: z.void(),
  },
} satisfies ActivityDefinitions;
export type UploadEndActivities = ActivitiesOf<typeof uploadEndActivities>;

export const upload = workflow({
  type: 'upload',
  input: z.extend(request, { from: z.optional(uploadFrom) }),
  result: z.void(),
  ...noMessages,
});
