/** Probes and metrics: for machines, before sign-in and outside the limit of requests. */
import { exposition, mayRead } from '@saltworks/telemetry/expose';
import { type Probes, publicly } from '@saltworks/telemetry/probes';
import type { FastifyInstance } from 'fastify';
import type { Auth } from './auth.ts';
import { headersOf } from './caller.ts';
import { UnauthorisedError } from './failures.ts';

export interface ProbeRoutes {
  probes: Probes;
  auth: Pick<Auth, 'userOf'>;
  /** Who reads `/metrics`: the address that the server listens on, and a token. */
  metrics: { host: string; token?: string };
}

export function serveProbes(app: FastifyInstance, { probes, auth, metrics }: ProbeRoutes): void {
  app.get('/healthz', { schema: { hide: true } }, (_, reply) =>
    reply.header('cache-control', 'no-store').send({ alive: true }),
  );
  app.get('/readyz', { schema: { hide: true } }, async (_, reply) => {
    const answer = publicly(await probes.readiness());
    return reply
      .code(answer.ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(answer);
  });
  app.get('/metrics', { schema: { hide: true } }, async (request, reply) => {
    // The address of the connection, whatever proxies say of it.
    const reader = { address: request.socket.remoteAddress ?? '', headers: request.headers };
    if (!mayRead(reader, metrics) && !(await isAdministrator(auth, headersOf(request))))
      throw new UnauthorisedError('metrics need a token or the key of an administrator');
    const { type, text } = await exposition();
    return reply.header('cache-control', 'no-store').type(type).send(text);
  });
}

/** By an API key: a page that a browser opens elsewhere must not read with its cookie. */
async function isAdministrator(auth: ProbeRoutes['auth'], headers: Headers): Promise<boolean> {
  if (!headers.has('authorization')) return false;
  const found = await auth.userOf(headers);
  return found?.by === 'key' && found.user.role === 'admin';
}
