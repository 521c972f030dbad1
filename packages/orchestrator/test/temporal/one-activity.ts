/** A run of one activity, for the test of what KEDA sees. */
import { proxyActivities } from '@temporalio/workflow';

export async function oneActivity(taskQueue: string): Promise<string> {
  const { work } = proxyActivities<{ work(): Promise<string> }>({ taskQueue, startToCloseTimeout: '1 minute' });
  return work();
}
