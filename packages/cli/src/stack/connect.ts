/** The stack that a command needs: the one of the environment, the one that runs, or one for as long as it takes. */
import { Client, Connection } from '@temporalio/client';
import { type Api, openApi, waitForServer } from '../api.ts';
import type { Settings } from '../settings.ts';
import { findStack, type Stack, startStack } from './supervisor.ts';
import { waitForTemporal } from './temporal.ts';

export interface Connected {
  client: Client;
  close(): Promise<void>;
}

export async function connect(settings: Settings, say: (line: string) => void): Promise<Connected> {
  const { temporalAddress, namespace, home } = settings;
  const running = temporalAddress ?? (await findStack(home))?.address;
  const stack = running ? undefined : await startStack(settings, say);
  const address = running ?? (stack as Stack).address;
  // It may be starting again at this moment.
  await waitForTemporal(address);
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection, namespace }),
    async close() {
      await connection.close();
      await stack?.stop();
    },
  };
}

/** The server's API: of the environment, of the stack that runs, or of one for as long as it takes. */
export async function connectApi(
  settings: Settings,
  say: (line: string) => void,
): Promise<{ api: Api; url: string; close(): Promise<void> }> {
  const running = settings.url ?? (await findStack(settings.home))?.url;
  const stack = running ? undefined : await startStack(settings, say);
  const url = running ?? (stack as Stack).url;
  try {
    await waitForServer(url);
    return { api: await openApi(url, settings), url, close: async () => stack?.stop() };
  } catch (error) {
    await stack?.stop();
    throw error;
  }
}
