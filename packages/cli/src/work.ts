/** The worker's role: inference, masks, and annotators' open images. */

import type { Precision } from '@saltworks/backbone/precision/precision';
import { findEntry } from '@saltworks/backbone/registry/registry';
import type { Device } from '@saltworks/backbone/session/device';
import type { Closable } from '@saltworks/orchestrator/server';
import { createActivities } from '@saltworks/worker/activities';
import { keysSources } from '@saltworks/worker/keys-source';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { objectReader } from '@saltworks/worker/objects';
import { openSessionThreads } from '@saltworks/worker/session-threads';
import { openWorkers, ownQueue, type Role } from '@saltworks/worker/worker';
import type { NativeConnection } from '@temporalio/worker';
import { fetchingOf } from './fetching.ts';
import type { Settings } from './settings.ts';
import { checkServices, expectServersStore } from './stack/reach.ts';

export interface WorkFlags {
  roles: readonly Role[];
  extractConcurrency: number;
  propagateConcurrency: number;
  threads?: number;
  device: Device;
  precision: Precision | 'auto';
}

/** @param say called once the worker is ready, with its name and its queues */
export async function openWorkerRole(
  settings: Settings,
  connection: NativeConnection,
  { roles, extractConcurrency, propagateConcurrency, threads, device, precision }: WorkFlags,
  say: (line: string) => void,
): Promise<Closable> {
  const { namespace, batch, propagateThreads, maxPixels, sessionBytes, sessionThreads } = settings;
  const { store, id, identity } = await checkServices(settings, connection);
  await expectServersStore(settings, connection, id);
  const fetching = fetchingOf(settings, store);
  const findBackbone = (name: string) => findEntry(name, fetching);
  const log = (message: string) => console.error(`worker: ${message}`);
  const keys = keysSources(fetching, { threads, device, precision, batch, onNotice: log });
  const maskThreads = openMaskThreads(propagateThreads);
  const sessions = openSessionThreads({ threads: sessionThreads, bytes: sessionBytes });
  const queue = ownQueue();
  const readObject = objectReader(store, settings.s3);
  const activities = createActivities({
    ...{ store, keys, maskThreads, readObject, maxPixels, findBackbone, sessions, queue },
    s3: settings.s3,
  });
  // One image opening per thread, and one more whose files are being read.
  const concurrency = { extract: extractConcurrency, propagate: propagateConcurrency, annotate: sessionThreads + 1 };
  const options = { connection, namespace, roles, activities, concurrency, queue, identity, store: id, log };
  const workers = await openWorkers(options);
  const where = [
    `queues ${workers.queues.join(', ')}`,
    `Temporal ${settings.temporalAddress}, namespace ${namespace}`,
    `store ${settings.store}`,
    `device ${device}`,
  ].join('; ');
  return {
    shutdown: workers.shutdown,
    async run() {
      const running = workers.run();
      // The worker's identity in Temporal.
      say(`worker: ready for ${roles.join(', ')}, as ${identity} (${where})`);
      await running;
      await sessions.close();
      await keys.close();
      await maskThreads.close();
    },
  };
}
