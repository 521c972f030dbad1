/** A command's stack: the environment's, the running one, or one that lasts as long as the command. */
import { getMe } from '@saltworks/contract/api/accounts';
import { forStore } from '@saltworks/orchestrator/temporal/store-header';
import { storeIdentity } from '@saltworks/store/objects/identity';
import { openStore } from '@saltworks/store/objects/open';
import { clientSpans } from '@saltworks/telemetry/temporal';
import { Client, Connection } from '@temporalio/client';
import { type Api, openApi, waitForServer } from '../api.ts';
import { type Progress, progress } from '../progress.ts';
import { readSettings, type Settings, serverUrl } from '../settings.ts';
import { openTracing } from '../tracing.ts';
import { checkNamespace, reachTemporal } from './reach.ts';
import { findStack, type Stack, startStack } from './supervisor.ts';
import { waitForTemporal } from './temporal.ts';
import { temporalConnection } from './temporal-connection.ts';

export interface Connected {
  client: Client;
  /** How long its workers may take to poll, milliseconds: an embedded stack may be starting. */
  patience: number;
  close(): Promise<void>;
}

export async function connect(settings: Settings, say: (line: string) => void): Promise<Connected> {
  const { temporalAddress, temporalAccess, namespace, home } = settings;
  // First: refuse unusable settings before starting anything.
  const id = await storeIdentity(openStore(settings.store, settings.s3));
  const running = temporalAddress ?? (await findStack(home))?.address;
  const stack = running ? undefined : await startStack(settings, say, { quiet: true });
  const address = running ?? (stack as Stack).address;
  const traces = await openTracing(settings, 'command', say);
  // The stack may be restarting.
  await (temporalAddress ? reachTemporal(address, temporalAccess) : waitForTemporal(address));
  const access = temporalAddress ? temporalAccess : undefined;
  const connection = await Connection.connect(temporalConnection(address, access));
  if (temporalAddress) await checkNamespace(settings, connection);
  return {
    client: new Client({ connection, namespace, interceptors: { workflow: [forStore(id), clientSpans] } }),
    patience: temporalAddress ? 3_000 : 20_000,
    async close() {
      await connection.close();
      await traces?.close();
      await stack?.stop();
    },
  };
}

/** The server's API: the environment's, the running stack's, or that of a stack started for the command. */
export async function connectApi(
  settings: Settings,
  say: (line: string) => void,
): Promise<{ api: Api; close(): Promise<void> }> {
  const running = await serverOf(settings);
  const stack = running ? undefined : await startStack(settings, say, { quiet: true });
  if (stack) say('the server opens its database, some seconds the first time');
  try {
    return { api: await reachApi(settings), close: async () => stack?.stop() };
  } catch (error) {
    await stack?.stop();
    throw error;
  }
}

/** The running server: the environment's or the home's. An external Temporal has an external server too. */
export async function serverOf(settings: Settings): Promise<string | undefined> {
  const found = settings.server ?? settings.url ?? (await findStack(settings.home))?.url;
  return found ?? (settings.temporalAddress && serverUrl(settings));
}

/** How long a new stack may take to answer as this home's. */
const patienceMs = 60_000;

async function reachApi(settings: Settings): Promise<Api> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const url = await serverOf(settings);
    if (url === undefined) throw new Error(`the stack on ${settings.home} has stopped`);
    await waitForServer(url);
    const api = await openApi(url, settings);
    if (settings.server || settings.url || Date.now() > until) return api;
    // Another home's server may hold the port until ours moves to another.
    const known = await api(getMe).catch(() => undefined);
    if (known) return api;
    await new Promise((again) => setTimeout(again, 300));
  }
}

/** Gives a command the API while it runs. @param json whether the output is for machines */
export async function withApi<T>(
  json: boolean | undefined,
  work: (api: Api, line: Progress) => Promise<T>,
): Promise<T> {
  const line = progress(process.stderr, json);
  const { api, close } = await connectApi(readSettings(), (text) => line.show(text));
  line.clear();
  try {
    return await work(api, line);
  } finally {
    line.clear();
    await close();
  }
}
