/** What is checked: the settings, and the services that they name, each opened once for all checks. */
import type { Device } from '@saltworks/backbone/session/device';
import { openStore } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { Connection } from '@temporalio/client';
import { type Api, openApi } from '../api.ts';
import type { Settings } from '../settings.ts';
import { serverOf } from '../stack/connect.ts';
import { findStack } from '../stack/supervisor.ts';
import { temporalConnection } from '../stack/temporal-connection.ts';

/** Which process of a deployment runs here; `all`: an embedded stack, or nobody says. */
export type Part = 'server' | 'worker' | 'all';

export interface Deployment {
  settings: Settings;
  part: Part;
  /** Temporal, server and worker of this home, none of them elsewhere. */
  embedded: boolean;
  /** Of an embedded stack: whether it runs. Services elsewhere are expected to. */
  running: boolean;
  device: Device;
  /** Where Temporal is; undefined where none runs. */
  temporalAddress?: string;
  /** Where the server is; undefined where none runs. */
  url?: string;
  /** @throws Error if Temporal does not answer */
  temporal(): Promise<Connection>;
  /** @throws InvalidInputError for an address that is none */
  store(): ObjectStore;
  /** The server's API as its operator; undefined where this process has neither key nor secret. */
  api(): Promise<Api | undefined>;
  close(): Promise<void>;
}

const connectMs = 5_000;

export async function openDeployment(
  settings: Settings,
  { part, device }: { part: Part; device: Device },
): Promise<Deployment> {
  const embedded = settings.temporalAddress === undefined;
  const stack = embedded ? await findStack(settings.home) : undefined;
  const temporalAddress = settings.temporalAddress ?? stack?.address;
  const url = embedded && !stack ? undefined : await serverOf(settings);
  let connection: Promise<Connection> | undefined;
  let store: ObjectStore | undefined;
  let api: Promise<Api | undefined> | undefined;
  return {
    ...{ settings, part, embedded, device, temporalAddress, url },
    running: !embedded || stack !== undefined,
    temporal() {
      connection ??= Connection.connect({
        ...temporalConnection(temporalAddress as string, settings.temporalAccess),
        connectTimeout: connectMs,
      });
      return connection;
    },
    store() {
      store ??= openStore(settings.store, settings.s3);
      return store;
    },
    api() {
      api ??= url === undefined ? Promise.resolve(undefined) : openApi(url, settings).catch(() => undefined);
      return api;
    },
    async close() {
      await connection?.then((open) => open.close()).catch(() => {});
    },
  };
}

/** Whether this process talks to the database: workers do not. */
export const isServer = ({ part }: Pick<Deployment, 'part'>): boolean => part !== 'worker';
export const isWorker = ({ part }: Pick<Deployment, 'part'>): boolean => part !== 'server';

/** What another check tells of: this one has nothing to add. */
export const orNothing = <T>(asked: Promise<T>): Promise<T | undefined> => asked.catch(() => undefined);
