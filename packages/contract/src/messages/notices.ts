/** A notice on its way to a webhook, until it has arrived or is given up. */
import * as z from '../zod.ts';
import { type ActivitiesOf, type ActivityDefinitions, noMessages, workflow } from './definitions.ts';

const ofRound = z.object({
  delivery: z.string(),
  /** From 1; another one where a person sends it once more. */
  round: z.number(),
});

/** Done by the server, on the queue `server`. */
export const noticeActivities = {
  /** Tries once, and notes how it went. @property last whether it is given up if it fails. Answers whether it is over. */
  sendNotice: { request: z.extend(ofRound, { last: z.boolean() }), answer: z.boolean() },
} satisfies ActivityDefinitions;
export type NoticeActivities = ActivitiesOf<typeof noticeActivities>;

export const deliver = workflow({
  type: 'deliver',
  input: z.extend(ofRound, {
    /** Milliseconds between one try and the next; after the last of them comes the last try. */
    waits: z.array(z.number()),
  }),
  result: z.void(),
  ...noMessages,
});
