/** The HTTP server: every route checked, authorised and described; errors in one form. */

import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { endpoint } from '@saltworks/contract/api/endpoint';
import { InvalidInputError } from '@saltworks/contract/errors';
import * as z from '@saltworks/contract/zod';
import type { Fields, Log } from '@saltworks/telemetry/log';
import { within } from '@saltworks/telemetry/spans';
import { version } from '@saltworks/telemetry/version';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import { openShards } from '../datasets/shards.ts';
import { openViews } from '../datasets/views.ts';
import { ForbiddenError, NotFoundError, TooManyRequestsError } from '../errors.ts';
import { openRuns } from '../runs/runs.ts';
import { authorise } from './access.ts';
import { accountRoutes } from './account-routes.ts';
import { expectDatasetThere, expectWritable } from './archived.ts';
import { assignmentRoutes } from './assignment-routes.ts';
import { authRoutes, type User } from './auth.ts';
import { backboneRoutes } from './backbone-routes.ts';
import { backupRoutes } from './backup-routes.ts';
import { bakeoffRoutes } from './bakeoff-routes.ts';
import { buildRoutes } from './build-routes.ts';
import { headersOf, withCaller } from './caller.ts';
import { campaignRoutes } from './campaign-routes.ts';
import { channelRoutes } from './channel-routes.ts';
import { comparisonRoutes } from './comparison-routes.ts';
import { datasetRoutes } from './dataset-routes.ts';
import { paramsOf, schemaOf, type Tag, tags, withoutUnused } from './describe.ts';
import { exportRoutes } from './export-routes.ts';
import { answerTo, MethodNotAllowedError, type Thrown, UnauthorisedError } from './failures.ts';
import { filterRoutes } from './filter-routes.ts';
import { invitationRoutes } from './invitation-routes.ts';
import { serveJoin } from './join.ts';
import { measureRoutes } from './measure-routes.ts';
import { ownWorkRoutes } from './own-work-routes.ts';
import { servePage } from './page.ts';
import { placeRoutes } from './place-routes.ts';
import { type ProbeRoutes, serveProbes } from './probes.ts';
import { relabelRoutes } from './relabel-routes.ts';
import { beginSpan, endSpans } from './request-spans.ts';
import { requestIdOf, tellRequests } from './requests.ts';
import { type Deps, type Route, route } from './routes.ts';
import { scheduleRoutes } from './schedule-routes.ts';
import { searchRoutes } from './search-routes.ts';
import { serveSignInLink } from './sign-in-link.ts';
import { storageRoutes } from './storage-routes.ts';
import { taskRoutes } from './task-routes.ts';
import { traceRoutes } from './trace-routes.ts';
import { uploadRoutes } from './upload-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** Every route except sign-in, by subject. */
export const tables: Record<Tag, Route[]> = {
  Accounts: accountRoutes,
  Campaigns: [...campaignRoutes, ...invitationRoutes],
  Tasks: taskRoutes,
  Assignments: [...assignmentRoutes, ...ownWorkRoutes],
  Measures: measureRoutes,
  Datasets: [...datasetRoutes, ...searchRoutes],
  Filters: filterRoutes,
  Uploads: [...uploadRoutes, ...placeRoutes],
  Backbones: [...backboneRoutes, ...channelRoutes],
  Builds: [...buildRoutes, ...relabelRoutes, ...comparisonRoutes],
  Exports: exportRoutes,
  Bakeoffs: bakeoffRoutes,
  Webhooks: webhookRoutes,
  Schedules: scheduleRoutes,
  Backups: backupRoutes,
  Storage: storageRoutes,
  Server: traceRoutes,
};
export const routes: Route[] = Object.values(tables).flat();

export interface AppOptions extends Omit<Deps, 'shards' | 'thumbnails' | 'views' | 'runs'> {
  /** The server's public URL, without a slash at its end. */
  url: string;
  /** Addresses or networks of proxies whose forwarded addresses are believed; default none. */
  trustedProxies?: string[];
  /** Folder of the pages, if this server serves them. */
  page?: string;
  /** Most requests a minute of one caller. */
  requestsPerMinute?: number;
  /** Who reads `/metrics`; default callers with an administrator's key. */
  metrics?: ProbeRoutes['metrics'];
  /** Takes one line for each failure on the server's side. */
  log(message: string, fields?: Fields): void;
  /** Takes what happened, for collectors. */
  event?: Log['event'];
}

/** OpenAPI's. */
const openapi = '3.1.0';

const getOpenapi = endpoint({
  method: 'GET',
  url: '/api/openapi.json',
  response: z.looseObject({ openapi: z.string() }),
});

/** Most bytes of a body: a long stroke takes a tenth. */
const bodyLimit = 128 * 1024;

/** Most characters of a parameter in an address; names have 64. */
const maxParamLength = 128;

/** How long requests under way may take once the server closes, and how often to look whether some are, milliseconds. */
const graceMs = { most: 10_000, look: 100 };

export async function openApp({
  url,
  page,
  trustedProxies,
  requestsPerMinute = 1200,
  metrics = { host: '' },
  log,
  event,
  ...given
}: AppOptions): Promise<FastifyInstance> {
  const { store, client } = given;
  const deps: Deps = {
    ...given,
    recipeOf: (settings) => given.recipeOf(settings).catch(unknownBackbone),
    backbones: { ...given.backbones, find: (name) => given.backbones.find(name).catch(unknownBackbone) },
    shards: openShards(store),
    thumbnails: openViews({ store, client, log, whole: false }),
    views: openViews({ store, client, log, whole: true }),
    runs: openRuns(client),
  };
  const app = fastify({
    bodyLimit,
    trustProxy: trustedProxies ?? false,
    exposeHeadRoutes: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    // Requests that are here already are answered; a proxy sends later ones elsewhere.
    return503OnClosing: false,
    routerOptions: { maxParamLength },
    // Addresses for which no route is looked up.
    frameworkErrors: (error, _, reply) => {
      const long = error.code === 'FST_ERR_MAX_PARAM_LENGTH';
      const [code, what] = long
        ? [404, `a part of more than ${maxParamLength} characters`]
        : [400, 'escapes that are none'];
      return (reply as unknown as FastifyReply)
        .code(code)
        .send({ error: `an address with ${what}; expected one of /api/openapi.json` });
    },
  }).withTypeProvider<ZodTypeProvider>();
  // Browsers open connections that they do not use; these would delay closing for a minute.
  let underWay = 0;
  app.addHook('onRequest', async (_, reply) => {
    underWay++;
    // Also of a caller that left.
    reply.raw.once('close', () => {
      underWay--;
    });
  });
  app.addHook('preClose', async () => {
    const end = Date.now() + graceMs.most;
    const looking = setInterval(() => {
      if (underWay > 0 && Date.now() < end) return;
      app.server.closeAllConnections();
      if (!app.server.listening) clearInterval(looking);
    }, graceMs.look).unref();
  });
  tellRequests(app, event);
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
  // Not among the library's headers: the pages use none of these.
  app.addHook('onRequest', async (_, reply) => {
    reply.header('permissions-policy', 'camera=(), geolocation=(), microphone=()');
  });
  await app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: '1 minute',
    global: false,
    // Unauthenticated callers share one limit per address.
    keyGenerator: (request) => request.caller?.id ?? request.ip,
  });
  /** @param max requests a minute of one caller */
  const limitTo = (max: number): Limit => {
    const counted = app.createRateLimit({ max });
    return async (request) => {
      const state = await counted(request);
      if (state.isAllowed || !state.isExceeded) return;
      const message = `more than ${state.max} requests a minute; expected another try later`;
      throw new TooManyRequestsError(message, state.ttlInSeconds);
    };
  };
  const limit = limitTo(requestsPerMinute);
  await app.register(swagger, {
    openapi: {
      openapi,
      info: {
        title: 'Saltworks',
        version,
        description: 'Campaigns, strokes and their answers.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url }],
      tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: `${url.startsWith('https:') ? '__Secure-' : ''}better-auth.session_token`,
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });

  endSpans(app);
  app.setErrorHandler((error: Thrown, request, reply) => {
    const { code, body } = answerTo(error, request.id);
    if (code >= 500)
      log(`${request.method} ${request.routeOptions.url ?? 'unknown route'}: ${error.message}`, {
        request: request.id,
        error,
      });
    // Headers that the handler set belong to the answer that failed.
    for (const name of ['etag', 'accept-ranges', 'content-range', 'content-length']) reply.removeHeader(name);
    // What is left of a body that is bytes would block the connection's next request.
    if (request.body === request.raw && !request.raw.complete) reply.header('connection', 'close');
    if (code === 401) reply.header('www-authenticate', 'Bearer realm="Saltworks"');
    if (code === 503) reply.header('retry-after', 5);
    if (error instanceof TooManyRequestsError) reply.header('retry-after', error.retryAfter);
    if (error instanceof MethodNotAllowedError) reply.header('allow', error.allowed.join(', '));
    return reply.code(code).header('cache-control', 'no-store').type('application/json').send(body);
  });
  serveProbes(app, { ...deps, metrics });
  const isPage = page === undefined ? () => false : await servePage(app, page);
  app.setNotFoundHandler({ preHandler: limit }, (request, reply) =>
    isPage(request) ? reply.sendFile('index.html') : reply.code(404).send({ error: 'no such route' }),
  );

  const { origin } = new URL(url);
  /** Sign-in, sign-out and sessions: routes of the library. */
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body));
    scope.addHook('onRequest', async (request, reply) => {
      await limit(request, reply);
      if (request.method === 'POST') expectOrigin(request, origin);
    });
    await serveSignInLink(scope, { auth: deps.auth, page });
    await serveJoin(scope, { auth: deps.auth, db: deps.db, page });
    for (const [method, path] of authRoutes) {
      scope.route({
        method,
        url: `/api/auth${path}`,
        schema: { hide: true },
        handler: async (request, reply) => {
          const headers = withCaller(request);
          const body = method === 'POST' ? (request.body as string | undefined) : undefined;
          const answer = await deps.auth.handle(new Request(`${url}${request.url}`, { method, headers, body }));
          reply.code(answer.status);
          answer.headers.forEach((value, name) => {
            if (name !== 'set-cookie') reply.header(name, value);
          });
          for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie);
          return reply.header('cache-control', 'no-store').send(await answer.text());
        },
      });
    }
  });

  const document = route(getOpenapi, {
    summary: 'This document',
    access: 'user',
    handler: () => ({ openapi, ...app.swagger() }),
  });
  const served: [Tag, Route[]][] = [...(Object.entries(tables) as [Tag, Route[]][]), ['Server', [document]]];
  for (const [tag, table] of served) {
    for (const route of table) {
      const perRoute = route.perMinute ? limitTo(route.perMinute) : undefined;
      const serving = { deps, limit, perRoute, origin, tag };
      const { takes } = route;
      if (!takes) serve(app, route, serving);
      else
        await app.register(async (scope) => {
          scope.removeAllContentTypeParsers();
          scope.addContentTypeParser(takes, async (_: FastifyRequest, body: AsyncIterable<Uint8Array>) => body);
          serve(scope, route, serving);
        });
    }
  }
  refuseOtherMethods(app, [...routes, document], limit);
  await app.ready();
  return app;
}

/** The name's form was checked before, so a refusal means that there is no such backbone. */
function unknownBackbone(error: Error): never {
  throw error instanceof InvalidInputError ? new NotFoundError(error.message) : error;
}

/** @throws TooManyRequestsError */
type Limit = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

interface Serving {
  deps: Deps;
  limit: Limit;
  /** This route's own limit. */
  perRoute?: Limit;
  /** Origin of the pages. */
  origin: string;
  tag: Tag;
}

function serve(app: FastifyInstance, route: Route, { deps, limit, perRoute, origin, tag }: Serving): void {
  const { method, url, access, bodyLimit, handler } = route;
  const known = paramsOf(url);
  /** @throws UnauthorisedError, ForbiddenError, NotFoundError */
  const admit = async (request: FastifyRequest) => {
    if (access === 'public') return;
    const user = expectCaller(request, origin);
    const params = request.params as Record<string, string>;
    // A malformed id never reaches the database, nor a name in the store.
    const wrong = known && z.safeParse(known, params).error?.issues[0].path[0];
    if (wrong) throw new NotFoundError(`no such ${String(wrong)}`);
    if (access === 'session' && request.by !== 'cookie')
      throw new ForbiddenError('a request with an API key; expected a session: sign in in a browser');
    if (access !== 'user' && access !== 'session') await authorise(deps.db, access, user, params);
    if (route.archive) return;
    if (method !== 'GET') await expectWritable(deps.db, params);
    await expectDatasetThere(deps.store, params, method !== 'GET');
  };
  const identify = async (request: FastifyRequest) => {
    const found = access === 'public' ? undefined : await deps.auth.userOf(headersOf(request));
    request.caller = found?.user;
    request.by = found?.by;
  };
  app.route({
    method,
    url,
    ...(bodyLimit ? { bodyLimit } : {}),
    schema: schemaOf(route, tag),
    // Before the body is read: a caller without access learns nothing about valid requests.
    onRequest: async (request, reply) => {
      reply.header('cache-control', 'no-store');
      beginSpan(request, reply, route);
      await within(request.span, async () => {
        await identify(request);
        await limit(request, reply);
        await admit(request);
        await perRoute?.(request, reply);
      });
    },
    handler: async (request, reply: FastifyReply) => {
      const work = async () =>
        handler({
          deps,
          params: request.params as Record<string, string>,
          body: request.body,
          query: request.query,
          user: request.caller as User,
          async stillAllowed() {
            await identify(request);
            await admit(request);
          },
          request,
          reply,
        });
      const result = await within(request.span, work);
      // A stream lasts; what is sent in it are steps of other traces.
      if (route.sends?.type === 'text/event-stream') request.span?.end();
      return reply.sent ? reply : result;
    },
  });
}

/** Answers methods that an address does not know with the methods that it knows. */
function refuseOtherMethods(app: FastifyInstance, routes: Route[], limit: Limit): void {
  const methods = new Map<string, string[]>();
  for (const { url, method } of routes) methods.set(url, [...(methods.get(url) ?? []), method]);
  for (const [url, allowed] of methods) {
    app.route({
      method: app.supportedMethods.filter((method) => !allowed.includes(method)),
      url,
      schema: { hide: true },
      onRequest: async (request, reply) => {
        await limit(request, reply);
        throw new MethodNotAllowedError(request.method, allowed);
      },
      handler: () => {},
    });
  }
}

/** @throws UnauthorisedError without a caller, ForbiddenError if another site's page sends a visitor's cookie */
function expectCaller(request: FastifyRequest, origin: string): User {
  const { caller, by, method } = request;
  if (!caller) throw new UnauthorisedError('not signed in; expected a session or an API key');
  if (by === 'cookie' && method !== 'GET') expectOrigin(request, origin);
  return caller;
}

function expectOrigin({ headers }: FastifyRequest, origin: string): void {
  if (headers.origin === origin) return;
  throw new ForbiddenError(`a request from ${headers.origin ?? 'no origin'}; expected ${origin}`);
}
