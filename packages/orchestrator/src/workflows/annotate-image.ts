import type { MaskSettings } from '@saltworks/contract/messages/activities';
import type { AnnotateRun, annotateImage as definition, ServerActivities } from '@saltworks/contract/messages/annotate';
import { queues } from '@saltworks/contract/messages/queues';
import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';
import { handle } from './handle.ts';
import { imageHost } from './image-host.ts';
import { upgrade } from './upgrade.ts';

/** An update leaves about a dozen events; Temporal takes 2,000 updates and warns at 10,240 events. */
const UPDATES_A_PART = 250;

const { expireLease, leaveUnusable } = proxyActivities<ServerActivities>({
  taskQueue: queues.server,
  startToCloseTimeout: '30 seconds',
  // The server also looks for leases that ran out, in case this workflow could not end one.
  retry: { maximumInterval: '10 seconds', maximumAttempts: 20, nonRetryableErrorTypes },
});

// It lasts as long as its annotator draws: later code takes over between two strokes.
upgrade(annotateImage);

/**
 * An assignment: one annotator's work on one image. Gets answers from the worker that has the image open, until the
 * assignment is closed or its lease runs out.
 */
export async function annotateImage(run: AnnotateRun): Promise<void> {
  const { assignment, image, extract, preset, solve } = run;
  /** With the settings of the last question: the assignment may have been taken anew, with others. */
  const request = { image, extract, preset, solve };
  const host = imageHost(request, run.queue);
  let { lease } = run;
  let closed = false;
  let updates = 0;
  const heed = (asked: Partial<MaskSettings>) => {
    request.extract = asked.extract ?? request.extract;
    request.preset = asked.preset ?? request.preset;
    request.solve = asked.solve ?? request.solve;
  };

  handle<typeof definition>({
    updates: {
      propagate(asked) {
        updates++;
        heed(asked);
        return host.ask('30 seconds', ({ answerPatch }) => answerPatch({ ...request, assignment, ...asked }));
      },
      refine(asked) {
        updates++;
        heed(asked);
        return host.ask('2 minutes', ({ answerPixel }) => answerPixel({ ...request, assignment, ...asked }));
      },
      attribute(asked) {
        updates++;
        heed(asked);
        return host.ask('30 seconds', ({ attribute }) => attribute({ ...request, assignment, ...asked }));
      },
      leave: ({ queue, open }) => host.leave(queue, open),
    },
    signals: {
      renew(until) {
        lease = Math.max(lease, until);
      },
      close() {
        closed = true;
      },
    },
    queries: {},
  });

  // Before the first stroke. If the image cannot be opened, an annotator who has not drawn yet gets another one.
  const hinted = run.queue !== undefined && !workflowInfo().continuedFromExecutionRunId;
  const found = hinted && patched('check-host') ? host.check() : host.find();
  found
    .catch(async (error) => {
      const useless = error instanceof ApplicationFailure && error.type === 'InvalidInputError';
      if (!useless || !patched('leave-unusable')) return;
      if (await leaveUnusable({ assignment, reason: error.message })) closed = true;
    })
    .catch(() => {});

  const long = () => updates >= UPDATES_A_PART || workflowInfo().continueAsNewSuggested;
  while (!closed && !long()) {
    // A renewed lease needs no new timer: when this one ends, the rest of the lease is slept.
    const left = lease - Date.now();
    if (left > 0) await condition(() => closed || long(), left);
    else {
      const later = await expireLease({ assignment }).catch((error) => {
        if (isCancellation(error)) throw error;
        return undefined;
      });
      if (later === undefined || later === null) break;
      lease = Math.max(later, Date.now() + 1_000);
    }
  }
  const again = !closed && long();
  await condition(allHandlersFinished);
  if (again && !closed) await continueAsNew<typeof annotateImage>({ ...run, ...request, lease, queue: host.queue });
}
