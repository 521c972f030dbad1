import type { AnnotateActivities, KnownRequest } from '@saltworks/contract/messages/annotate';
import { queues } from '@saltworks/contract/messages/queues';
import { proxyActivities } from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

const activities = proxyActivities<AnnotateActivities>({
  taskQueue: queues.views,
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '8 seconds',
  // An annotator who waits asks again.
  retry: { maximumAttempts: 3, nonRetryableErrorTypes },
});

/** Makes regions of a known mask. */
export const readKnown = (request: KnownRequest): Promise<void> => activities.writeKnownRegions(request);
