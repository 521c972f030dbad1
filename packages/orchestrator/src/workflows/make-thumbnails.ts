import type { AnnotateActivities, ThumbnailsRequest } from '@saltworks/core/contract/annotate';
import { queues } from '@saltworks/core/contract/queues';
import { proxyActivities } from '@temporalio/workflow';

const activities = proxyActivities<AnnotateActivities>({
  taskQueue: queues.thumbnails,
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '8 seconds',
  // Who still looks at them asks again.
  retry: { maximumAttempts: 2 },
});

/** Small copies of a few images. @returns sha256 of those that cannot be used */
export const makeThumbnails = (request: ThumbnailsRequest): Promise<string[]> => activities.makeThumbnails(request);
