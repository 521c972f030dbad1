/** What the server tells of an assignment while it is open. */
import { decodeRuns, type PatchLabels } from '@saltworks/core/contract/annotate';
import type { Assignment } from '@saltworks/core/contract/api';
import type { Labels } from './labels.ts';

interface Told {
  /** Labels of nodes. */
  patch(labels: Labels): void;
  /** A mask is there, of n interactions. */
  pixel(answer: { n: number; mask: string }): void;
  /** The assignment is no longer ours to draw in. */
  ended(state: string): void;
}

export function followServer({ id, event }: Pick<Assignment, 'id' | 'event'>, told: Told): EventSource {
  // From a little before the last event on: the newest answers are among them.
  const events = new EventSource(`/api/assignments/${id}/events?after=${Math.max(0, event - 8)}`);
  const on = <Body>(kind: string, take: (body: Body) => void) =>
    events.addEventListener(kind, ({ data }) => take(JSON.parse(data)));
  on<PatchLabels & { n: number }>('patch', ({ n, ...runs }) => {
    const ids = Uint32Array.from(decodeRuns(runs), (label) => runs.labels[label]);
    told.patch({ n, width: runs.w, height: runs.h, ids });
  });
  on<{ n: number; mask: string }>('pixel', told.pixel);
  on<{ state: string }>('state', ({ state }) => {
    if (state !== 'leased') told.ended(state);
  });
  return events;
}
