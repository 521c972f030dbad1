/** A span for every request of the API, named by its route. */
import { postTraces } from '@saltworks/contract/api/traces';
import { shareHeader } from '@saltworks/contract/traceparent';
import { type Span, startSpan, tracedShare } from '@saltworks/telemetry/spans';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** While traces are recorded. */
    span?: Span;
  }
}

/** Starts the request's span. A trace that a stranger claims to go on with is none: their request begins its own. */
export function beginSpan(
  request: FastifyRequest,
  reply: FastifyReply,
  { method, url }: { method: string; url: string },
): void {
  const share = tracedShare();
  if (share === 0) return;
  reply.header(shareHeader, share);
  if (url === postTraces.url) return;
  const { cookie, authorization, traceparent } = request.headers;
  const parent = (cookie ?? authorization) && typeof traceparent === 'string' ? traceparent : undefined;
  const fields = { 'http.request.method': method, 'http.route': url, 'saltworks.request': String(request.id) };
  request.span = startSpan(`${method} ${url}`, fields, { parent, kind: 'server' });
}

/** Ends the spans of requests that are answered. */
export function endSpans(app: FastifyInstance): void {
  app.addHook('onResponse', async ({ span }, { statusCode }) => {
    span?.set({ 'http.response.status_code': statusCode });
    span?.end(statusCode >= 500 ? new Error() : undefined);
  });
}
