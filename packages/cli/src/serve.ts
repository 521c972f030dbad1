/** The server's role: workflows at once, campaigns and HTTP as soon as the database is open. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CampaignServer, type Closable, openCampaigns, openWorkflows } from '@saltworks/orchestrator/server';
import { openStore } from '@saltworks/store/open';
import { Client, Connection } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { apiKeyFile, type Settings } from './settings.ts';

/** @param say told where the server is, and how to sign in */
export async function openServerRole(
  settings: Settings,
  connection: NativeConnection,
  say: (line: string) => void,
): Promise<Closable> {
  const { namespace, home, host, port, database } = settings;
  const workflows = await openWorkflows({ connection, namespace });
  const address = await Connection.connect({ address: settings.temporalAddress });
  const url = settings.url ?? `http://${host}:${port}`;
  const opening = openCampaigns({
    connection,
    client: new Client({ connection: address, namespace }),
    namespace,
    store: await openStore(settings.store),
    database,
    journal: join(home, 'journal.ndjson'),
    host,
    port,
    url,
    secret: settings.secret ?? (await keptSecret(join(home, 'secret'))),
    oidc: settings.oidc,
    requestsPerMinute: settings.requestsPerMinute,
    trustedProxies: settings.trustedProxies,
    recipeOf: async (given) => (await import('@saltworks/worker/propagate')).recipeOf(given),
    page: fileURLToPath(new URL('.', import.meta.resolve('@saltworks/ui/index.html'))),
    log: (message) => console.error(`server: ${message}`),
  });
  const ready = opening.then((server) => welcome(server, settings, url, say));
  // What cannot be opened ends the process: its supervisor starts it again.
  const failed = new Promise<never>((_, reject) => opening.catch(reject));
  return {
    run: () => Promise.race([workflows.run(), failed]),
    shutdown() {
      void ready
        .then((server) => server.close())
        .catch(() => {})
        .then(() => address.close())
        .then(() => workflows.shutdown());
    },
  };
}

/** A home of one's own has a key for its commands, and a link to sign in by; elsewhere people bring their own. */
async function welcome(
  server: CampaignServer,
  { home, secret, apiKey }: Settings,
  url: string,
  say: (line: string) => void,
): Promise<CampaignServer> {
  const embedded = secret === undefined;
  if (embedded && apiKey === undefined && !(await readFile(apiKeyFile(home), 'utf8').catch(() => ''))) {
    await writeFile(apiKeyFile(home), await server.adminKey('commands of this machine'), { mode: 0o600 });
  }
  const noAccounts = !(await server.database.db.selectFrom('session').select('id').limit(1).executeTakeFirst());
  say(`server: ready at ${url}`);
  if (embedded || noAccounts) say(`server: sign in, once, within ten minutes: ${await server.adminLink()}`);
  return server;
}

async function keptSecret(file: string): Promise<string> {
  const known = await readFile(file, 'utf8').catch(() => '');
  if (known.length >= 32) return known;
  const secret = randomBytes(32).toString('base64url');
  await writeFile(file, secret, { mode: 0o600, flag: 'w' });
  return secret;
}
