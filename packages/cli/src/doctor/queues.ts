/** Queues: who polls each, and whether all of them work on this store. */
import { isElsewhere } from '@saltworks/contract/messages/identity';
import { pollers as commands, queues } from '@saltworks/contract/messages/queues';
import { pollersOf } from '@saltworks/orchestrator/temporal/pollers';
import { storeIdentity } from '@saltworks/store/objects/identity';
import { type Check, type Finding, fails, ok, warning } from './check.ts';
import { type Deployment, orNothing } from './deployment.ts';

interface Polled {
  queue: string;
  identities: string[];
}

/** @throws Error if Temporal does not answer */
export async function pollersByQueue(place: Deployment): Promise<Polled[] | undefined> {
  if (place.temporalAddress === undefined) return undefined;
  const connection = await place.temporal();
  const { namespace } = place.settings;
  return Promise.all(
    Object.values(queues).map(async (queue) => {
      const tasks = queue === queues.workflows ? 'workflow' : 'activity';
      return { queue, identities: [...new Set(await pollersOf(connection, { namespace, queue, tasks }))] };
    }),
  );
}

/** Queues of the server: without it nothing goes on. Workers may well be scaled to none. */
const needed: readonly string[] = [queues.workflows, queues.server];

export const checkQueues: Check = async (place) => {
  const polled = await orNothing(pollersByQueue(place));
  if (!polled) return [];
  const findings: Finding[] = polled
    .filter(({ identities }) => identities.length === 0)
    .map(({ queue }) => {
      const found = `nobody polls ${queue}`;
      return needed.includes(queue)
        ? fails('queues', found, commands[queue])
        : warning('queues', found, `${commands[queue]}, unless workers are scaled to none while there is no work`);
    });
  const counts = polled.map(({ queue, identities }) => `${queue.replace('saltworks-', '')} ${identities.length}`);
  if (findings.length === 0) findings.push(ok('queues', `processes that poll: ${counts.join(', ')}`));
  const id = await orNothing(Promise.resolve().then(() => storeIdentity(place.store())));
  const all = new Set(polled.flatMap(({ identities }) => identities));
  for (const identity of id === undefined ? [] : all) {
    if (isElsewhere(identity, id as string)) {
      findings.push(
        fails(
          'queues.store',
          `${identity} works on another store than ${place.settings.store}`,
          'SALTWORKS_STORE, there or here',
        ),
      );
    }
  }
  return findings;
};
