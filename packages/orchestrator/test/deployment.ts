/** Temporal, workflows, a worker and the server in this process, as in a deployment. */
import { join } from 'node:path';
import { shrinkPicture } from '@saltworks/backbone/image/shrink';
import { classPictureLimits } from '@saltworks/contract/api/class-pictures';
import { defaultUploadLimits } from '@saltworks/contract/api/uploads';
import { type CampaignServer, openCampaigns, openWorkflows } from '@saltworks/orchestrator/server';
import { storeIdentity } from '@saltworks/store/objects/identity';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { createActivities } from '@saltworks/worker/activities';
import { openBackbones } from '@saltworks/worker/backbones';
import type { openMaskThreads } from '@saltworks/worker/mask-threads';
import { objectReader } from '@saltworks/worker/objects';
import { recipeOf } from '@saltworks/worker/propagate';
import { openSessionThreads, type SessionThreads } from '@saltworks/worker/session-threads';
import { openWorkers, ownQueue, type WorkerOptions } from '@saltworks/worker/worker';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { NativeConnection } from '@temporalio/worker';
import { freshFolder } from './databases.ts';
import { openTemporal } from './temporal.ts';

export interface DeploymentOptions extends Pick<WorkerOptions, 'roles'> {
  store: ObjectStore;
  /** For the journal. */
  folder: string;
  /** The worker's activities, over its own sessions and queue. */
  activities(own: { sessions: SessionThreads; queue: string }): WorkerOptions['activities'];
  concurrency?: WorkerOptions['concurrency'];
  requestsPerMinute?: number;
}

export interface Deployment {
  environment: TestWorkflowEnvironment;
  server: CampaignServer;
  /** Closes the server first, Temporal last. */
  close(): Promise<void>;
}

/** The worker's own activities, without a backbone: what needs keys finds them in the store. */
export function openKeyless({
  maskThreads,
  ...options
}: Omit<DeploymentOptions, 'activities'> & { maskThreads: ReturnType<typeof openMaskThreads> }): Promise<Deployment> {
  const { store } = options;
  const keys = { open: () => Promise.reject(new Error('no backbone here')), close: async () => {} };
  const deps = { store, keys, maskThreads, readObject: objectReader(store, () => ({})), maxPixels: 1e6 };
  return openDeployment({ ...options, activities: (own) => createActivities({ ...deps, ...own }) });
}

export async function openDeployment(options: DeploymentOptions): Promise<Deployment> {
  const { store, folder, roles, activities, concurrency = {}, requestsPerMinute } = options;
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  const begin = (worker: { run(): Promise<void>; shutdown(): void }) => {
    const ended = worker.run();
    closing.push(() => {
      worker.shutdown();
      return ended;
    });
  };
  try {
    await storeIdentity(store);
    const environment = await openTemporal();
    closing.push(() => environment.teardown());
    const { nativeConnection: connection, namespace = 'default', client } = environment;
    begin(await openWorkflows({ connection, namespace }));

    const [sessions, queue] = [openSessionThreads(), ownQueue()];
    closing.push(() => sessions.close());
    const own = await NativeConnection.connect({ address: environment.connection.options.address });
    closing.push(() => own.close());
    begin(
      await openWorkers({
        ...{ connection: own, namespace, roles, concurrency, queue },
        activities: activities({ sessions, queue }),
      }),
    );

    const server = await openCampaigns({
      webhookHosts: [],
      places: [],
      uploadLimits: defaultUploadLimits,
      quota: null,
      graceDays: 30,
      ...{ connection, client, namespace, store, requestsPerMinute },
      database: await freshFolder(),
      journal: join(folder, 'journal.ndjson'),
      ...{ host: '127.0.0.1', port: 0, url: 'http://salt.test' },
      secret: 'a secret that only these tests know',
      recipeOf: async (given) => recipeOf(given),
      shrinkPicture: (file) => shrinkPicture(file, classPictureLimits),
      backbones: openBackbones({ home: folder }),
      log: () => {},
    });
    closing.push(() => server.close());
    return { environment, server, close };
  } catch (error) {
    await close();
    throw error;
  }
}
