/** A Temporal, a server and a worker that can each be ended and started again, on the same files. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shrinkPicture } from '@saltworks/backbone/image/shrink';
import { readSettings } from '@saltworks/cli/settings';
import { freePort, spawnTemporal, temporalBinary, waitForTemporal } from '@saltworks/cli/stack/temporal';
import { classPictureLimits } from '@saltworks/contract/api/class-pictures';
import { defaultUploadLimits } from '@saltworks/contract/api/uploads';
import { queues } from '@saltworks/contract/messages/queues';
import { receiving } from '@saltworks/contract/messages/received';
import { type ImportActivities, importActivities } from '@saltworks/contract/messages/schedules';
import { fileStore } from '@saltworks/store/objects/files/file-store';
import { openBackbones } from '@saltworks/worker/backbones';
import { recipeOf } from '@saltworks/worker/propagate';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { openCampaigns, openWorkflows } from '../../dist/server.js';
import { freshFolder } from '../databases.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));

export type Rig = Awaited<ReturnType<typeof openRig>>;

/** @param importImages what the worker does for imports */
export async function openRig(importImages: ImportActivities['importImages']) {
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR' }), forward: {} };
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}), telemetryOptions: { logging } });
  const binary = await temporalBinary(readSettings({ SALTWORKS_HOME: join(root, '.saltworks'), ...process.env }));
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-schedules-'));
  const store = fileStore(join(folder, 'objects'));
  const database = await freshFolder();
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  let temporal: ChildProcess | undefined;
  const kill = () => temporal?.kill('SIGKILL');
  process.once('exit', kill);

  const startTemporal = async () => {
    temporal = spawnTemporal(binary, { home: folder, env: process.env }, port);
    await waitForTemporal(address, 60_000);
  };
  const killTemporal = async () => {
    const ended = temporal && temporal.exitCode === null && temporal.signalCode === null && once(temporal, 'exit');
    kill();
    await ended;
  };
  await startTemporal();
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });

  const startServer = async () => {
    const native = await NativeConnection.connect({ address });
    const workflows = await openWorkflows({ connection: native, namespace: 'default' });
    const running = workflows.run();
    const server = await openCampaigns({
      ...{ connection: native, client, namespace: 'default', store, database },
      journal: join(folder, 'journal.ndjson'),
      ...{ host: '127.0.0.1', port: 0, url: 'http://salt.test' },
      secret: 'a secret that only these tests know',
      recipeOf: async (given) => recipeOf(given),
      shrinkPicture: (file) => shrinkPicture(file, classPictureLimits),
      backbones: openBackbones({ home: folder }),
      quota: null,
      graceDays: 30,
      webhookHosts: [],
      places: [],
      uploadLimits: defaultUploadLimits,
      log: () => {},
    });
    return {
      db: server.database.db,
      async close() {
        await server.close();
        workflows.shutdown();
        await running;
        await native.close();
      },
    };
  };
  const startWorker = async () => {
    const native = await NativeConnection.connect({ address });
    const activities = receiving(importActivities, { importImages });
    const worker = await Worker.create({ connection: native, taskQueue: queues.propagate, activities });
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
      await native.close();
    };
  };
  return {
    ...{ store, client, address, startTemporal, killTemporal, startServer, startWorker },
    /** Forgets all that Temporal knows. */
    loseTemporal: () => {
      for (const end of ['', '-wal', '-shm']) rmSync(join(folder, `temporal.sqlite${end}`), { force: true });
    },
    async close() {
      await connection.close();
      await killTemporal();
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until something holds. */
export async function until<T>(look: () => Promise<T | undefined | false>, seconds = 60): Promise<T> {
  for (const end = Date.now() + seconds * 1_000; ; ) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s`);
    await new Promise((again) => setTimeout(again, 100));
  }
}
