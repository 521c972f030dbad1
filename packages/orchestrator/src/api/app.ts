/** The HTTP server: every route checked, authorised and described; errors in one form. */

import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { InvalidInputError } from '@saltworks/core/errors';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { ConflictError, ForbiddenError, NotFoundError } from '../errors.ts';
import { authorise } from './access.ts';
import { accountRoutes } from './account-routes.ts';
import { assignmentRoutes } from './assignment-routes.ts';
import type { User } from './auth.ts';
import { campaignRoutes } from './campaign-routes.ts';
import { measureRoutes } from './measure-routes.ts';
import type { Deps, Route } from './routes.ts';
import { failure } from './schemas.ts';

/** All that is served, besides sign-in below /api/auth. */
export const routes: Route[] = [...accountRoutes, ...campaignRoutes, ...assignmentRoutes, ...measureRoutes];

export interface AppOptions extends Deps {
  /** Where people reach the server, without a slash at its end. */
  url: string;
  /** Requests a minute and caller at most. */
  requestsPerMinute?: number;
  /** Told of what went wrong on our side. */
  log(message: string): void;
}

/** Bytes of a body at most: a long stroke is a tenth of it. */
const bodyLimit = 128 * 1024;

export async function openApp({ url, requestsPerMinute = 1200, log, ...deps }: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit,
    trustProxy: false,
    routerOptions: { maxParamLength: 128 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        workerSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", 'blob:', 'data:'],
        styleSrc: ["'self'"],
        fontSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: url.startsWith('https:'),
  });
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: '1 minute',
    keyGenerator: (request) => request.headers.authorization ?? sessionOf(request.headers.cookie) ?? request.ip,
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Saltworks', version: '0.1.0', description: 'Campaigns, strokes and their answers.' },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key' },
          session: { type: 'apiKey', in: 'cookie', name: 'better-auth.session_token' },
        },
      },
    },
    transform: jsonSchemaTransform,
  });

  app.setErrorHandler((error: Thrown, request, reply) => {
    const { code, body } = answerTo(error);
    if (code === 500) log(`${request.method} ${request.routeOptions.url ?? 'unknown route'}: ${error.message}`);
    return reply.code(code).send(body);
  });
  app.setNotFoundHandler((_, reply) => reply.code(404).send({ error: 'no such route' }));

  /** Sign-in, sign-out, sessions: the library's own routes, which check where requests come from themselves. */
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body));
    scope.route({
      method: ['GET', 'POST'],
      url: '/api/auth/*',
      schema: { hide: true },
      handler: async (request, reply) => {
        const headers = headersOf(request);
        headers.set('x-saltworks-client', request.ip);
        const body = request.method === 'POST' ? (request.body as string | undefined) : undefined;
        const answer = await deps.auth.handle(
          new Request(`${url}${request.url}`, { method: request.method, headers, body }),
        );
        reply.code(answer.status);
        answer.headers.forEach((value, name) => {
          if (name !== 'set-cookie') reply.header(name, value);
        });
        for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie);
        return reply.send(await answer.text());
      },
    });
  });

  app.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());

  for (const route of routes) serve(app, route, deps, new URL(url).origin);
  await app.ready();
  return app;
}

function serve(app: FastifyInstance, route: Route, deps: Deps, origin: string): void {
  const { method, url, summary, access, body, query, response, bodyLimit, handler } = route;
  app.route({
    method,
    url,
    ...(bodyLimit ? { bodyLimit } : {}),
    schema: {
      summary,
      security: access === 'public' ? [] : [{ key: [] }, { session: [] }],
      ...(body ? { body } : {}),
      ...(query ? { querystring: query } : {}),
      response: { ...(response ? { 200: response } : {}), default: failure },
    },
    // Before the body is looked at: who may not ask is told nothing about what a right question looks like.
    preValidation: async (request) => {
      if (access === 'public') return;
      const user = await whoAsks(request, deps, origin);
      if (access !== 'user') await authorise(deps.db, access, user, request.params as Record<string, string>);
      (request as FastifyRequest & { user?: User }).user = user;
    },
    handler: async (request, reply: FastifyReply) => {
      const { user } = request as FastifyRequest & { user?: User };
      const params = request.params as Record<string, string>;
      const result = await handler({
        deps,
        params,
        body: request.body,
        query: request.query,
        user: user as User,
        request,
        reply,
      });
      return reply.sent ? reply : result;
    },
  });
}

/** @throws UnauthorisedError for nobody, ForbiddenError for a page of somebody else's that uses a visitor's cookie */
async function whoAsks(request: FastifyRequest, { auth }: Deps, origin: string): Promise<User> {
  const found = await auth.userOf(headersOf(request));
  if (!found) throw new UnauthorisedError('not signed in; expected a session or an API key');
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  if (found.by === 'cookie' && changes && request.headers.origin !== origin) {
    throw new ForbiddenError(`a request from ${request.headers.origin ?? 'no origin'}; expected ${origin}`);
  }
  return found.user;
}

class UnauthorisedError extends Error {}

function headersOf(request: FastifyRequest): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !name.startsWith(':'))
      headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  // Ours to say, below.
  headers.delete('x-saltworks-client');
  return headers;
}

const sessionOf = (cookie: string | undefined) => /session_token=([^;]+)/.exec(cookie ?? '')?.[1];

const codes = [
  [InvalidInputError, 400],
  [UnauthorisedError, 401],
  [ForbiddenError, 403],
  [NotFoundError, 404],
] as const;

type Thrown = Error & { statusCode?: number; validation?: { instancePath: string; message?: string }[] };

function answerTo(error: Thrown): { code: number; body: { error: string; detail?: Record<string, unknown> } } {
  const body = { error: error.message.replaceAll('\n', ' ') };
  if (error.validation) {
    const { instancePath, message } = error.validation[0] ?? {};
    return { code: 400, body: { error: `${instancePath || 'request'}: ${message ?? 'not as expected'}` } };
  }
  if (error instanceof ConflictError) return { code: 409, body: { ...body, detail: error.detail } };
  for (const [kind, code] of codes) if (error instanceof kind) return { code, body };
  // What fastify itself refuses: bodies too large, too many requests, no JSON.
  if (error.statusCode !== undefined && error.statusCode < 500) return { code: error.statusCode, body };
  return { code: 500, body: { error: 'something went wrong on our side' } };
}
