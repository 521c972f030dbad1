/** Steps that browsers took. */
import { postTraces } from '@saltworks/contract/api/traces';
import { recordSpan } from '@saltworks/telemetry/spans';
import { route } from './routes.ts';

/** Older steps are dropped: a page that slept may hand them in. Milliseconds. */
const oldest = 15 * 60_000;

export const traceRoutes = [
  route(postTraces, {
    summary: 'Steps that were taken in the browser; dropped where traces are not recorded',
    access: 'user',
    bodyLimit: 32 * 1024,
    perMinute: 60,
    handler({ body: { now, trip, spans } }) {
      const began = Date.now() - trip / 2 - now;
      for (const { start, ms, ...span } of spans) {
        if (start + ms > now || now - start > oldest) continue;
        recordSpan({ ...span, start: began + start, end: began + start + ms }, 'page');
      }
      return null;
    },
  }),
];
