import type { AnnotateActivities, ShowRequest } from '@saltworks/contract/messages/annotate';
import { queues } from '@saltworks/contract/messages/queues';
import { proxyActivities } from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

const activities = proxyActivities<AnnotateActivities>({
  taskQueue: queues.views,
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '8 seconds',
  // A page that still shows them asks again.
  retry: { maximumAttempts: 2, nonRetryableErrorTypes },
});

/** Makes the copies of a few images that browsers show. @returns sha256 of unusable ones */
export const showImages = (request: ShowRequest): Promise<string[]> => activities.showImages(request);
