import type { AnnotateActivities, ShowRequest } from '@saltworks/contract/messages/annotate';
import { queues } from '@saltworks/contract/messages/queues';
import { proxyActivities } from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';

const activities = proxyActivities<AnnotateActivities>({
  taskQueue: queues.views,
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '8 seconds',
  // Who still looks at them asks again.
  retry: { maximumAttempts: 2, nonRetryableErrorTypes },
});

/** What browsers are shown of a few images. @returns sha256 of those that cannot be used */
export const showImages = (request: ShowRequest): Promise<string[]> => activities.showImages(request);
