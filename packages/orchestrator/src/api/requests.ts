/** What the server tells of each request: its id to the caller, a metric, and a line for collectors. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { getAssignmentEvents } from '@saltworks/contract/api/open-assignments';
import { type Log, within } from '@saltworks/telemetry/log';
import { httpRequests } from '@saltworks/telemetry/metrics';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Ids that a proxy may have given: anything else could forge a line of log. */
const sane = /^[\w.-]{8,64}$/;

/** Asked every few seconds, by machines. */
const probes = ['/healthz', '/readyz', '/metrics'];

export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && sane.test(given) ? given : randomUUID();
}

/** The template of a request's address: values of its parameters would be labels without end. */
const routeOf = ({ routeOptions }: FastifyRequest): string => routeOptions.url ?? 'none';

export function tellRequests(app: FastifyInstance, event: Log['event'] = () => {}): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    within({ request: request.id }, done);
  });
  // The body is read in the connection's own context.
  app.addHook('preValidation', (request, _, done) => within({ request: request.id }, done));
  app.addHook('onResponse', async (request, reply) => {
    const [method, route, status] = [request.method, routeOf(request), reply.statusCode];
    // A stream lasts as long as its reader stays.
    if (route !== getAssignmentEvents.url) {
      httpRequests.observe({ method, route, status: String(status) }, reply.elapsedTime / 1000);
    }
    if (probes.includes(route)) return;
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const trace = request.span?.trace;
    event('request', { request: request.id, trace, caller: request.caller?.id, method, route, status, ms });
  });
}
