/** What webhooks are told of, in words. */
import type { Delivery } from '@saltworks/contract/api/webhooks';

export const eventNames: Record<Delivery['event'], string> = {
  'build.ready': 'a build is ready',
  'build.held': 'a build is held',
  'build.shown': 'a build is shown',
  'build.rolled_back': 'a build is rolled back',
  'build.failed': 'a build failed',
  'schedule.failed': 'a schedule failed',
  test: 'a trial',
};
