/** Follows an assignment's events while it is open. */

import type { Assignment } from '@saltworks/contract/api/assignments';
import { addressOf } from '@saltworks/contract/api/endpoint';
import { type AssignmentEventBody, type AssignmentEventKind, parseEvent } from '@saltworks/contract/api/events';
import { getAssignmentEvents } from '@saltworks/contract/api/open-assignments';
import type { AssignmentState } from '@saltworks/contract/api/states';
import { decodeRuns } from '@saltworks/contract/documents/run-lengths';
import type { Labels } from '../labels.ts';

interface Told {
  /** Labels of nodes. @param trace the server's step that tells of them */
  patch(labels: Labels, trace: string | undefined): void;
  /** A mask of the first n interactions is ready. */
  pixel(answer: { n: number; mask: string; trace?: string }): void;
  /** There is no answer to the first n interactions. */
  none(n: number): void;
  /** Another build is shown, with the event of this number. */
  build(build: AssignmentEventBody<'build'>, event: number): void;
  /** The assignment's state changed with the event of this number. */
  state(state: AssignmentState, event: number): void;
  /** Somebody wrote a note. */
  note(note: AssignmentEventBody<'note'>): void;
  /** The campaign's classes have changed. */
  schema(schema: AssignmentEventBody<'schema'>): void;
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
    events = new EventSource(addressOf(getAssignmentEvents, { params: { assignment: id }, query: { after: last } }));
    const on = <Kind extends AssignmentEventKind>(
      kind: Kind,
      take: (body: AssignmentEventBody<Kind>, n: number) => void,
    ) =>
      events.addEventListener(kind, ({ data, lastEventId }) => {
        last = Number(lastEventId);
        take(parseEvent(kind, data), last);
      });
    on('patch', ({ n, trace, ...runs }) => {
      const ids = Uint32Array.from(decodeRuns(runs), (label) => runs.labels[label]);
      told.patch({ n, width: runs.w, height: runs.h, ids }, trace);
    });
    on('pixel', told.pixel);
    on('none', ({ n }) => told.none(n));
    on('build', told.build);
    on('state', ({ state }, n) => told.state(state, n));
    on('note', told.note);
    on('schema', told.schema);
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
