/** Every request to an S3 server is counted, by operation and outcome. */
import type { S3 } from '@aws-sdk/client-s3';
import { s3Requests } from '@saltworks/telemetry/metrics';
import { isSlowDown, statusOf } from './failures.ts';

export function countRequests(s3: S3): void {
  s3.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = (context.commandName ?? 'other').replace(/Command$/, '');
      const stop = s3Requests.startTimer({ operation });
      try {
        const answer = await next(args);
        stop({ outcome: 'ok' });
        return answer;
      } catch (error) {
        stop({ outcome: outcomeOf(error) });
        throw error;
      }
    },
    // Around the deserializer, which throws what the server answered. A signed URL is no request, and does not come here.
    { step: 'deserialize', priority: 'high', name: 'countRequests' },
  );
}

function outcomeOf(error: unknown): string {
  const status = statusOf(error);
  if ((error as Error).name === 'AbortError') return 'aborted';
  if (status === 404) return 'missing';
  // Of conditional writes, of which exactly one may win.
  if (status === 409 || status === 412) return 'there';
  if (status === 401 || status === 403) return 'refused';
  return isSlowDown(error) ? 'slow_down' : 'failed';
}
