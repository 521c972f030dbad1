/** The worker's role: inference, masks, and annotators' open images. */

import { join } from 'node:path';
import type { Precision } from '@saltworks/backbone/precision/precision';
import { findEntry } from '@saltworks/backbone/registry/registry';
import type { Device } from '@saltworks/backbone/session/device';
import { annotateImage } from '@saltworks/contract/messages/annotate';
import { openCaseThreads } from '@saltworks/lab/protocol-run';
import { storeCheck, temporalCheck } from '@saltworks/orchestrator/checks';
import { workerVersion } from '@saltworks/orchestrator/temporal/versions';
import { findWorkflow } from '@saltworks/orchestrator/temporal/workflows';
import { observeRoom } from '@saltworks/store/objects/room';
import { observeGpus } from '@saltworks/telemetry/gpu';
import { type Listener, openListener } from '@saltworks/telemetry/listener';
import type { Log } from '@saltworks/telemetry/log';
import { readyParts } from '@saltworks/telemetry/metrics';
import { openProbes, type Probes } from '@saltworks/telemetry/probes';
import { createActivities } from '@saltworks/worker/activities';
import { keysSources } from '@saltworks/worker/keys-source';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { objectReader } from '@saltworks/worker/objects';
import { openSessionThreads } from '@saltworks/worker/session-threads';
import { openWorkers, ownQueue, type Role as Work } from '@saltworks/worker/worker';
import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { fetchingOf } from './fetching.ts';
import { type Role, watch } from './role.ts';
import type { Settings } from './settings.ts';
import { checkServices, expectServersStore } from './stack/reach.ts';

export interface WorkFlags {
  roles: readonly Work[];
  extractConcurrency: number;
  propagateConcurrency: number;
  threads?: number;
  device: Device;
  precision: Precision | 'auto';
}

export async function openWorkerRole(
  settings: Settings,
  connection: NativeConnection,
  { roles, extractConcurrency, propagateConcurrency, threads, device, precision }: WorkFlags,
  log: Log,
): Promise<Role> {
  const { namespace, batch, propagateThreads, maxPixels, sessionBytes, sessionThreads } = settings;
  const { store, id, identity } = await checkServices(settings, connection);
  await expectServersStore(settings, connection, id);
  const fetching = fetchingOf(settings, store);
  const findBackbone = (name: string) => findEntry(name, fetching);
  const keys = keysSources(fetching, { threads, device, precision, batch, onNotice: log.warn });
  const maskThreads = openMaskThreads(propagateThreads);
  const caseThreads = openCaseThreads(maskThreads.threads);
  const sessions = openSessionThreads({ threads: sessionThreads, bytes: sessionBytes });
  const queue = ownQueue();
  const readObject = objectReader(store, settings.s3);
  const activities = createActivities({
    ...{ store, keys, maskThreads, readObject, maxPixels, findBackbone, sessions, queue },
    ...{ s3: settings.s3, places: settings.places, uploadLimits: settings.uploadLimits },
    evaluating: { caseThreads, specOf: keys.specOf, scratch: join(settings.home, 'lab', 'parts') },
  });
  // One image opening per thread, and one more whose files are being read.
  const concurrency = { extract: extractConcurrency, propagate: propagateConcurrency, annotate: sessionThreads + 1 };
  const client = new Client({ connection, namespace, identity });
  // An embedded stack has no other worker.
  const leave = process.connected
    ? undefined
    : (workflow: string, open: boolean) =>
        findWorkflow(client, annotateImage, workflow).update('leave', { queue, open }, { updateId: `leave/${queue}` });
  const { workerDeploymentOptions: version } = workerVersion(settings.version);
  const options = {
    connection,
    namespace,
    version,
    roles,
    activities,
    concurrency,
    queue,
    identity,
    store: id,
    log: log.warn,
    leave,
  };
  const workers = await openWorkers(options);
  const checks = { temporal: temporalCheck(connection, namespace), store: storeCheck(store) };
  const probes = openProbes(checks, { log: log.warn });
  const listener = await listen(settings, probes);
  watch(probes);
  readyParts.observe(probes.samples);
  observeGpus();
  observeRoom(settings.store);
  const where = [
    `queues ${workers.queues.join(', ')}`,
    `Temporal ${settings.temporalAddress}, namespace ${namespace}`,
    `store ${settings.store}`,
    `device ${device}`,
    `probes ${settings.workerHost}:${listener.port}`,
  ].join('; ');
  return {
    drain: probes.drain,
    shutdown: workers.shutdown,
    async run() {
      const running = workers.run();
      // The worker's identity in Temporal.
      log.info(`ready for ${roles.join(', ')}, as ${identity} (${where})`);
      await running.finally(listener.close);
      await sessions.close();
      await keys.close();
      await maskThreads.close();
      await caseThreads.close();
    },
  };
}

/** The usual port, or another free one if nobody named it, or if this is an embedded stack, of which a machine may have several. */
async function listen(settings: Settings, probes: Probes): Promise<Listener> {
  const { workerHost: host, workerPort, metricsToken: token } = settings;
  const open = (port: number) => openListener({ host, port, probes, token });
  return open(workerPort ?? 7301).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || (workerPort !== undefined && !process.connected)) throw error;
    return open(0);
  });
}
