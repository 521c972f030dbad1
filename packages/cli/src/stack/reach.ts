/** Checks that the services of the settings answer, before any work starts; a failure is one line. */
import { hostname } from 'node:os';
import { InvalidInputError } from '@saltworks/contract/errors';
import { identityOf, isElsewhere, processName } from '@saltworks/contract/messages/identity';
import { queues } from '@saltworks/contract/messages/queues';
import { pollersOf } from '@saltworks/orchestrator/temporal/pollers';
import { openStoreToWrite } from '@saltworks/store/objects/open';
import { checkStore } from '@saltworks/store/objects/probe';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { tracedStore } from '@saltworks/store/objects/traced-store';
import { version } from '@saltworks/telemetry/version';
import { type ConnectionLike, isGrpcServiceError } from '@temporalio/client';
import type { Settings, TemporalAccess } from '../settings.ts';
import { waitForTemporal } from './temporal.ts';

/** gRPC. */
const NOT_FOUND = 5;
/** How long to wait for an external Temporal, which may be starting. */
const TEMPORAL_MS = 10_000;

export interface Reached {
  store: ObjectStore;
  /** The store's id. */
  id: string;
  /** This process's identity in Temporal. */
  identity: string;
}

/** @throws Error if Temporal does not answer */
export const reachTemporal = (address: string, access: TemporalAccess): Promise<void> =>
  waitForTemporal(address, TEMPORAL_MS, access);

/**
 * Checks the namespace and the store, and that a running server of this Temporal uses the same store.
 *
 * @throws InvalidInputError if settings must change, Error if a service does not answer
 */
export async function checkServices(settings: Settings, connection: ConnectionLike): Promise<Reached> {
  await checkNamespace(settings, connection);
  try {
    const store = tracedStore(await openStoreToWrite(settings.store, settings.s3));
    const id = await checkStore(store);
    return { store, id, identity: identityOf(processName(`${process.pid}@${hostname()}`, version), id) };
  } catch (error) {
    (error as Error).message = `store ${settings.store}: ${(error as Error).message}`;
    throw error;
  }
}

/** @throws InvalidInputError if the namespace does not exist */
export async function checkNamespace(
  { namespace, temporalAddress }: Settings,
  connection: ConnectionLike,
): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    if (error.code !== NOT_FOUND) throw new Error(`Temporal at ${temporalAddress}: ${error.details}`);
    throw new InvalidInputError(
      `no namespace ${namespace} at Temporal ${temporalAddress}; expected SALTWORKS_TEMPORAL_NAMESPACE to name one`,
    );
  }
}

/** @throws InvalidInputError if the polling server uses another store */
export async function expectServersStore(
  { store, temporalAddress, namespace }: Settings,
  connection: ConnectionLike,
  id: string,
): Promise<void> {
  const servers = await pollersOf(connection, { namespace, queue: queues.workflows, tasks: 'workflow' });
  const other = servers.find((identity) => isElsewhere(identity, id));
  if (other === undefined || servers.some((identity) => isElsewhere(identity, id) === false)) return;
  throw new InvalidInputError(
    `SALTWORKS_STORE is ${store} (${id.slice(0, 8)}), and the server at Temporal ${temporalAddress} has another store (${other}); expected the server's`,
  );
}
