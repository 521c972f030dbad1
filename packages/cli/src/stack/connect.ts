/** The stack that a command needs: the one of the environment, the one that runs, or one for as long as it takes. */
import { Client, Connection } from '@temporalio/client';
import type { Settings } from '../settings.ts';
import { findStack, type Stack, startStack } from './supervisor.ts';
import { waitForTemporal } from './temporal.ts';

export interface Connected {
  client: Client;
  close(): Promise<void>;
}

export async function connect(settings: Settings, say: (line: string) => void): Promise<Connected> {
  const { temporalAddress, namespace, home } = settings;
  const running = temporalAddress ?? (await findStack(home));
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
