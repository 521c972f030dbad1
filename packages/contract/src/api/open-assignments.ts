/** An assignment that is open: its drawing and its log, reviews, and the image itself. */

import { segmentOptions } from '../options.ts';
import * as z from '../zod.ts';
import { assignment, imageInfo } from './assignments.ts';
import { endpoint } from './endpoint.ts';
import { decimal, eventNumber, nothing, openObject } from './fields.ts';
import { keys, mask, picture, thumbnail } from './files.ts';
import { appended, batch, drawing, logEntry } from './interactions.ts';
import { keysChosen } from './keys.ts';
import { noted } from './notes.ts';
import { attribution, review, reviewed } from './reviews.ts';

/** A side of an image that is open, pixels: known, though documented as elsewhere. */
const side = z.nullable(z.int()).check(z.refine((length) => length !== null)) as z.ZodMiniType<number, number | null>;

/** @property since when it was shown */
const shownThen = z.object({ id: z.string(), since: z.string() });

/** An assignment that is drawn in or looked at. */
export const openAssignment = z.extend(assignment, {
  image: z.extend(imageInfo, { width: side, height: side }),
  /** Settings that its labels are made with, every default filled in; null where the backbone is no longer known. */
  options: z.nullable(openObject(segmentOptions)),
  /** The keys that its labels are made from. */
  keys: z.object({ id: z.string(), ...keysChosen }),
  /** The build that was shown when it was opened, which its annotator corrects; null where none was. */
  build: z.nullable(shownThen),
  /** The build that is shown by now, where that is another one: the next image is drawn on that one's keys. */
  newer: z.nullable(shownThen),
  /**
   * Of the campaign's latest accepted masks, a hundred at most, the uncertainty that three in four stay within; null where fewer
   * than five are accepted.
   */
  accepted: z.nullable(z.object({ masks: z.int(), uncertainty: z.number() })),
  drawing,
  reviews: z.array(reviewed),
  /** What annotator and reviewers wrote to one another, verdicts included, the oldest first. Earlier servers leave it out. */
  thread: z._default(z.array(noted), []),
});
export type OpenAssignment = z.infer<typeof openAssignment>;

const at = '/api/assignments/:assignment';

export const getAssignment = endpoint({ method: 'GET', url: at, response: openAssignment });

export const postAssignmentInteractions = endpoint({
  method: 'POST',
  url: `${at}/interactions`,
  body: batch,
  response: appended,
});

export const getAssignmentInteractions = endpoint({
  method: 'GET',
  url: `${at}/interactions`,
  response: z.array(logEntry),
});

export const getAssignmentEvents = endpoint({
  method: 'GET',
  url: `${at}/events`,
  query: z.object({ after: z._default(eventNumber, 0) }),
  sends: { type: 'text/event-stream', description: 'Events, until the reader leaves', text: true },
});

export const postAssignmentReview = endpoint({
  method: 'POST',
  url: `${at}/review`,
  body: review,
  response: nothing,
});

export const getAssignmentAttribution = endpoint({
  method: 'GET',
  url: `${at}/attribution`,
  query: z.object({ x: decimal(0, 1e6), y: decimal(0, 1e6) }),
  response: attribution,
});

export const getAssignmentImage = endpoint({ method: 'GET', url: `${at}/image`, sends: picture });

export const getAssignmentThumbnail = endpoint({ method: 'GET', url: `${at}/thumbnail`, sends: thumbnail });

export const getAssignmentKeys = endpoint({ method: 'GET', url: `${at}/keys`, sends: keys });

export const getAssignmentMask = endpoint({ method: 'GET', url: `${at}/masks/:mask`, sends: mask });
