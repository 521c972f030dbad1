/** The API over HTTP as the server opens it, on its own database and store; no worker answers strokes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shrinkPicture } from '@saltworks/backbone/image/shrink';
import { classPictureLimits } from '@saltworks/contract/api/class-pictures';
import { defaultUploadLimits } from '@saltworks/contract/api/uploads';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { countStorage } from '@saltworks/store/storage/count';
import { storageLevel } from '@saltworks/store/storage/level';
import { openProbes } from '@saltworks/telemetry/probes';
import { openBackbones } from '@saltworks/worker/backbones';
import { recipeOf } from '@saltworks/worker/propagate';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { type AppOptions, openApp } from '../../dist/api/app.js';
import { type AuthOptions, createApiKey, openAuth } from '../../dist/api/auth.js';
import { openStreams } from '../../dist/api/streams.js';
import { openAnswers } from '../../dist/campaigns/answers/answers.js';
import { databaseCheck } from '../../dist/checks.js';
import type { Database } from '../../dist/db/database.js';
import { openJournal } from '../../dist/db/journal.js';
import { allowedHostsOf } from '../../dist/notices/allowed-hosts.js';
import { openNotices } from '../../dist/notices/notices.js';
import type { SendMail } from '../../dist/notices/smtp.js';
import { makeUser } from '../campaigns/campaign.ts';

/** The server's public URL. */
export const publicUrl = 'http://salt.test';

/** The server's secret. */
export const secret = 'a secret that only these tests know'.repeat(2);

export interface Answer<Body = unknown> {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
}

export interface CallOptions {
  /** An API key. */
  key?: string;
  cookie?: string;
  /** Sent as JSON; a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface TestServer {
  app: FastifyInstance;
  deps: AppOptions;
  /** Its listening address. */
  url: string;
  /** Failures on the server's side. */
  logged: string[];
  // biome-ignore lint/suspicious/noExplicitAny: tests check the answers
  call(method: string, path: string, options?: CallOptions): Promise<Answer<any>>;
  /** A user, created if missing. @returns an API key of theirs */
  key(user: string, role?: 'admin' | 'member'): Promise<string>;
  close(): Promise<void>;
}

interface ServerOptions extends Pick<AuthOptions, 'oidc'>, Partial<Pick<AppOptions, 'recipeOf' | 'prepare'>> {
  url?: string;
  requestsPerMinute?: number;
  /** The address that calls seem to come from: sign-in attempts are counted by it, across the servers of a process. */
  from?: string;
  /** Milliseconds between two checks whether a stream may go on. */
  everyMs?: number;
  /** Where webhooks may lead. */
  hosts?: string;
  /** How e-mail is sent; default not at all. */
  send?: SendMail;
  /** Where datasets may be imported from. */
  places?: AppOptions['places'];
  /** What an upload may have. */
  uploadLimits?: AppOptions['uploadLimits'];
}

export async function openServer(
  database: Database,
  {
    url = publicUrl,
    oidc,
    requestsPerMinute = 1e6,
    everyMs,
    from,
    hosts = 'hooks.example.org',
    send,
    places = [{ name: 'photos', at: '/srv/photos' }],
    uploadLimits = defaultUploadLimits,
    recipeOf: makes = async (given) => recipeOf(given),
    prepare = async () => {},
  }: ServerOptions = {},
): Promise<TestServer> {
  const { db } = database;
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-api-'));
  const store = fileStore(folder);
  const logged: string[] = [];
  // Nothing listens, so retrying is useless.
  const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1', interceptors: [] }) });
  const answers = openAnswers({ db, store, client, log: () => {} });
  const auth = openAuth(db, { url, oidc, secret });
  const deps: AppOptions = {
    database,
    db,
    store,
    client,
    answers,
    url,
    places,
    uploadLimits,
    requestsPerMinute,
    auth,
    journal: await openJournal(undefined),
    streams: await openStreams(database, { everyMs }),
    notices: openNotices({
      ...{ db, client, secret, hosts: allowedHostsOf(hosts), log: () => {} },
      mail: send && { send, url, signInLink: auth.signInLink },
    }),
    prepare,
    probes: openProbes({ database: databaseCheck(database) }, { keptMs: 0 }),
    storage: { level: () => storageLevel(store), count: () => void countStorage(store) },
    graceDays: 30,
    imageSize: async () => ({ width: 100, height: 50 }),
    recipeOf: makes,
    shrinkPicture: (file) => shrinkPicture(file, classPictureLimits),
    backbones: openBackbones({ home: folder }),
    log: (message) => logged.push(message),
  };
  const app = await openApp(deps);
  const listening = await app.listen({ host: '127.0.0.1', port: 0 });

  return {
    app,
    deps,
    url: listening,
    logged,
    async call(method, path, { key, cookie, body, headers = {} } = {}) {
      const sent = {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(cookie ? { cookie } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      };
      const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const signal = AbortSignal.timeout(20_000);
      const answer =
        from === undefined
          ? await fetch(`${listening}${path}`, { method, redirect: 'manual', headers: sent, body: payload, signal })
          : responseOf(
              await app.inject({ method: method as 'GET', url: path, headers: sent, payload, remoteAddress: from }),
            );
      const stream = answer.headers.get('content-type')?.startsWith('text/event-stream');
      const text = stream ? '' : await answer.text();
      if (stream) await answer.body?.cancel();
      const json = text !== '' && answer.headers.get('content-type')?.startsWith('application/json');
      return { status: answer.status, headers: answer.headers, text, body: json ? JSON.parse(text) : undefined };
    },
    async key(name, role = 'member') {
      const user = await makeUser(db, name);
      await db.updateTable('user').set({ role }).where('id', '=', user).execute();
      return (await createApiKey(db, { user, name: 'test' })).key;
    },
    async close() {
      await deps.streams.close();
      deps.notices.stop();
      await app.close();
      await answers.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The cookies that a browser would send back. */
export const cookiesOf = ({ headers }: Answer): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .filter((cookie) => !cookie.endsWith('='))
    .join('; ');

function responseOf({ statusCode, headers, payload }: LightMyRequestResponse): Response {
  const answer = new Response([204, 304].includes(statusCode) ? null : payload, { status: statusCode });
  for (const [name, value] of Object.entries(headers)) {
    answer.headers.delete(name);
    for (const each of [value].flat()) answer.headers.append(name, String(each));
  }
  return answer;
}
