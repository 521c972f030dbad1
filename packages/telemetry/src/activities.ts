/** Activities as a process runs them: how many, for how long, with which outcome; their lines of log carry their ids. */
import { within } from './log.ts';
import { activitiesRunning, activitySeconds } from './metrics.ts';

/** Temporal's context of an activity, as far as it is needed here. */
interface Context {
  info: { activityType: string; attempt: number; workflowExecution?: { workflowId: string } };
}

const running = new Map<string, number>();
activitiesRunning.observe(() => [...running].map(([queue, value]) => ({ labels: { queue }, value })));

/** An interceptor of a worker's activities. @param queue its name, `host` for a process's own */
export const watched =
  (queue: string) =>
  ({ info: { activityType: activity, attempt, workflowExecution } }: Context) => ({
    inbound: {
      execute<Input, Output>(input: Input, next: (input: Input) => Promise<Output>): Promise<Output> {
        return within({ workflow: workflowExecution?.workflowId, activity, attempt }, async () => {
          running.set(queue, (running.get(queue) ?? 0) + 1);
          const stop = activitySeconds.startTimer({ activity });
          try {
            const result = await next(input);
            stop({ outcome: 'done' });
            return result;
          } catch (error) {
            stop({ outcome: (error as Error).name === 'CancelledFailure' ? 'cancelled' : 'failed' });
            throw error;
          } finally {
            running.set(queue, (running.get(queue) ?? 1) - 1);
          }
        });
      },
    },
  });
