/** The server's role: it starts workflows at once, and campaigns and HTTP once the database is open. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findEntry } from '@saltworks/backbone/registry/registry';
import { classPictureLimits } from '@saltworks/contract/api/class-pictures';
import { type CampaignServer, openCampaigns, openWorkflows } from '@saltworks/orchestrator/server';
import { beFirst } from '@saltworks/orchestrator/temporal/deployments';
import { forStore } from '@saltworks/orchestrator/temporal/store-header';
import type { Version } from '@saltworks/orchestrator/temporal/versions';
import { observeRoom } from '@saltworks/store/objects/room';
import type { Log } from '@saltworks/telemetry/log';
import { clientSpans } from '@saltworks/telemetry/temporal';
import { openBackbones } from '@saltworks/worker/backbones';
import { Client, Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { fetchingOf } from './fetching.ts';
import { writeWhole } from './files.ts';
import { type Role, watch } from './role.ts';
import { apiKeyFile, type Settings, secretFile, serverUrl } from './settings.ts';
import { checkServices } from './stack/reach.ts';
import { temporalConnection } from './stack/temporal-connection.ts';

/** How often to try, a second apart. */
const VERSION_TRIES = 60;

export async function openServerRole(settings: Settings, connection: NativeConnection, log: Log): Promise<Role> {
  const { namespace, home, host, port, database } = settings;
  const { store, id, identity } = await checkServices(settings, connection);
  observeRoom(settings.store);
  const workflows = await openWorkflows({ connection, namespace, identity, version: settings.version });
  const address = await Connection.connect(
    temporalConnection(settings.temporalAddress as string, settings.temporalAccess),
  );
  const client = new Client({
    connection: address,
    namespace,
    interceptors: { workflow: [forStore(id), clientSpans], schedule: [forStore(id)] },
  });
  const url = serverUrl(settings);
  const fetching = fetchingOf(settings, store);
  const opening = openCampaigns({
    connection,
    client,
    namespace,
    version: settings.version,
    store,
    database,
    journal: join(home, 'journal.ndjson'),
    host,
    port,
    url,
    secret: settings.secret ?? (await keptSecret(secretFile(home))),
    oidc: settings.oidc,
    requestsPerMinute: settings.requestsPerMinute,
    trustedProxies: settings.trustedProxies,
    webhookHosts: settings.webhookHosts,
    smtp: settings.smtp,
    places: settings.places,
    uploadLimits: settings.uploadLimits,
    quota: settings.quota ?? null,
    graceDays: settings.graceDays,
    recipeOf: async (given) =>
      (await import('@saltworks/worker/propagate')).recipeOf(given, await findEntry(given.extract.backbone, fetching)),
    shrinkPicture: async (file) =>
      (await import('@saltworks/backbone/image/shrink')).shrinkPicture(file, classPictureLimits),
    // Workers of a cluster have homes of their own; those of an embedded stack have the server's.
    backbones: openBackbones(fetching, { shared: Boolean(process.connected) }),
    page: fileURLToPath(new URL('.', import.meta.resolve('@saltworks/ui/index.html'))),
    metricsToken: settings.metricsToken,
    log: log.warn,
    event: log.event,
  });
  const ready = opening.then((server) => welcome(server, settings, log));
  ready.then(({ probes }) => watch(probes)).catch(() => {});
  if (settings.version) void ready.then(() => beFirstSoon(client, settings.version as Version, log)).catch(() => {});
  let closing = false;
  // Without a database the process ends, and its supervisor restarts it. What breaks off as the server closes is no failure.
  const failed = new Promise<never>((_, reject) => {
    const fail = (error: Error) => closing || reject(error);
    ready.then(({ lost }) => lost.then(fail), fail);
  });
  const shutdown = () => {
    if (closing) return;
    closing = true;
    void opening
      .then(
        (server) => server.close().catch(({ message }: Error) => log.warn(`while it closed: ${message}`)),
        () => {},
      )
      .then(() => workflows.shutdown());
  };
  return {
    async run() {
      const working = workflows.run();
      try {
        await Promise.race([working, failed]);
      } finally {
        shutdown();
        await working;
        // Last: a call that the client tries again later would throw on a closed channel.
        await address.close().catch(() => {});
      }
    },
    drain: () => void ready.then(({ probes }) => probes.drain()).catch(() => {}),
    shutdown,
  };
}

/** A fresh deployment begins without a command; later versions wait for one. */
async function beFirstSoon(client: Client, version: Version, log: Log): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      if (await beFirst(client, version)) log.info(`new runs begin on version ${version.buildId}, the first`);
      return;
    } catch (error) {
      if (tries === VERSION_TRIES) return log.warn(`version ${version.buildId}: ${(error as Error).message}`);
      // A server that is told to stop does not wait for it.
      await sleep(1_000, undefined, { ref: false });
    }
  }
}

/** An embedded stack's home also holds an API key for scripts; elsewhere callers bring their own. */
async function welcome(server: CampaignServer, settings: Settings, log: Log): Promise<CampaignServer> {
  const { home, secret, apiKey, temporalAddress, namespace, database, store } = settings;
  if (secret === undefined && apiKey === undefined) {
    const known = await readFile(apiKeyFile(home), 'utf8').catch(() => '');
    const key = await server.adminKey('commands of this machine', known.trim());
    if (key !== known.trim()) await writeWhole(apiKeyFile(home), key, { mode: 0o600 });
  }
  const where = `Temporal ${temporalAddress}, namespace ${namespace}, database ${nameOf(database)}, store ${store}`;
  log.info(`ready at ${serverUrl(settings)} (${where})`);
  const signedIn = await server.database.db.selectFrom('session').select('id').limit(1).executeTakeFirst();
  // A sign-in link is a credential, so it never goes to a log.
  if (!signedIn && !process.stdout.isTTY) {
    log.info('nobody has signed in yet; "saltworks account link" with this environment prints a link');
  }
  return server;
}

/** A database's address without its user, password and parameters. */
function nameOf(database: string): string {
  if (!/^postgres(ql)?:/.test(database) || !URL.canParse(database)) return database;
  const { protocol, host, pathname } = new URL(database);
  return `${protocol}//${host}${pathname}`;
}

async function keptSecret(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Never replace a secret that cannot be read now: that would sign everybody out.
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
  if (known.length >= 32) return known;
  const secret = randomBytes(32).toString('base64url');
  await writeWhole(file, secret, { mode: 0o600 });
  return secret;
}
