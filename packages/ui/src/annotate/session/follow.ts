/** Follows an assignment's events while it is open. */

import type { Assignment } from '@saltworks/contract/api/assignments';
import type { AssignmentState } from '@saltworks/contract/api/states';
import type { NodeLabels } from '@saltworks/contract/documents/node-labels';
import { decodeRuns } from '@saltworks/contract/documents/run-lengths';
import type { Labels } from '../labels.ts';

interface Told {
  /** Labels of nodes. */
  patch(labels: Labels): void;
  /** A mask of the first n interactions is ready. */
  pixel(answer: { n: number; mask: string }): void;
  /** The assignment's state changed with the event of this number. */
  state(state: AssignmentState, event: number): void;
}

/** How many known events to replay: the newest answers are among them. */
const replayed = 8;
/** Milliseconds before a new attempt: browsers abandon a stream for good after an error answer. */
const againMs = 3_000;

/** @returns a function that stops it */
export function followServer({ id, event }: Pick<Assignment, 'id' | 'event'>, told: Told): () => void {
  let last = Math.max(0, event - replayed);
  let events: EventSource;
  let later: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    events = new EventSource(`/api/assignments/${id}/events?after=${last}`);
    const on = <Body>(kind: string, take: (body: Body, n: number) => void) =>
      events.addEventListener(kind, ({ data, lastEventId }) => {
        last = Number(lastEventId);
        take(JSON.parse(data), last);
      });
    on<NodeLabels & { n: number }>('patch', ({ n, ...runs }) => {
      const ids = Uint32Array.from(decodeRuns(runs), (label) => runs.labels[label]);
      told.patch({ n, width: runs.w, height: runs.h, ids });
    });
    on<{ n: number; mask: string }>('pixel', told.pixel);
    on<{ state: AssignmentState }>('state', ({ state }, n) => told.state(state, n));
    events.addEventListener('error', () => {
      if (events.readyState === EventSource.CLOSED) later = setTimeout(open, againMs);
    });
  };
  open();
  return () => {
    clearTimeout(later);
    events.close();
  };
}
