/** The server: runs the workflows, keeps the campaigns, serves the API and the pages. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Place } from '@saltworks/contract/api/places';
import type { UploadLimits } from '@saltworks/contract/api/uploads';
import { keysId } from '@saltworks/contract/layout';
import { type ServerActivities, serverActivities } from '@saltworks/contract/messages/annotate';
import { replayActivities } from '@saltworks/contract/messages/measure';
import { noticeActivities } from '@saltworks/contract/messages/notices';
import { prelabelServerActivities } from '@saltworks/contract/messages/prelabel';
import { queues } from '@saltworks/contract/messages/queues';
import { receiving } from '@saltworks/contract/messages/received';
import { relabelActivities } from '@saltworks/contract/messages/relabel';
import { type RetryActivities, retryActivities } from '@saltworks/contract/messages/runs';
import { type ScheduleActivities, scheduleActivities } from '@saltworks/contract/messages/schedules';
import { type UploadEndActivities, uploadEndActivities } from '@saltworks/contract/messages/uploads';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { watched } from '@saltworks/telemetry/activities';
import type { Fields, Log } from '@saltworks/telemetry/log';
import { backupLastSuccess } from '@saltworks/telemetry/metrics';
import { openProbes, type Probes } from '@saltworks/telemetry/probes';
import { recordSpan } from '@saltworks/telemetry/spans';
import { activitySpans } from '@saltworks/telemetry/temporal';
import type { Client } from '@temporalio/client';
import { type InjectedSinks, type NativeConnection, Worker } from '@temporalio/worker';
import { findAdministrator } from './accounts/accounts.ts';
import { forgetOldFailures } from './accounts/sign-in-failures.ts';
import { openApp } from './api/app.ts';
import { type AuthOptions, createApiKey, openAuth } from './api/auth.ts';
import type { Deps } from './api/routes.ts';
import { openStreams } from './api/streams.ts';
import { lastBackup } from './backups/notes.ts';
import { openAnswers } from './campaigns/answers/answers.ts';
import { imageSize } from './campaigns/assignments/image-size.ts';
import { restoreInteraction } from './campaigns/assignments/interactions.ts';
import { expiredLeases, expireLease } from './campaigns/assignments/leases.ts';
import { leaveUnusable } from './campaigns/assignments/leave.ts';
import { replayActivitiesOf } from './campaigns/measures/label-efficiency.ts';
import { sweepCampaigns } from './campaigns/sweep.ts';
import { extendCampaigns, fillCampaigns, refillCampaigns } from './campaigns/tasks/fill.ts';
import { databaseCheck, storeCheck, temporalCheck } from './checks.ts';
import { repeat } from './concurrency/repeat.ts';
import { sweepImages } from './datasets/removed.ts';
import { sweepDatasets } from './datasets/sweep.ts';
import type { Database } from './db/database.ts';
import { type Journal, openJournal } from './db/journal.ts';
import { openDatabase } from './db/open.ts';
import type { AllowedHost } from './notices/allowed-hosts.ts';
import { forgetDeliveries, openNotices } from './notices/notices.ts';
import { openSmtp, type SmtpSettings } from './notices/smtp.ts';
import { observeServer } from './observed.ts';
import { prelabelActivitiesOf } from './prelabels/activities.ts';
import { relabelActivitiesOf } from './relabel/activities.ts';
import { openRuns } from './runs/runs.ts';
import { extractDataset } from './runs/start.ts';
import { scheduleActivitiesOf } from './schedules/activities.ts';
import { restoreClocks } from './schedules/schedules.ts';
import { openStorageWatch } from './storage/watch.ts';
import { throughOutages } from './temporal/outage.ts';
import { type Version, workerVersion } from './temporal/versions.ts';
import { endUpload } from './uploads/end.ts';
import { forgetUploads } from './uploads/forget.ts';
import type { TraceSinks } from './workflows/trace-header.ts';

export interface Closable {
  /** Resolves after `shutdown`, once nothing is under way. */
  run(): Promise<void>;
  shutdown(): void;
}

const bundle = fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));

/** Always there: a run may have begun while tracing was on. */
export const workflowSteps: InjectedSinks<TraceSinks> = {
  traces: {
    ended: {
      fn: ({ runId }, span) => recordSpan({ ...span, fields: { 'temporal.run_id': runId } }),
    },
  },
};

/** Runs workflows; needs Temporal alone. */
export async function openWorkflows({
  connection,
  namespace,
  identity,
  version,
}: {
  connection: NativeConnection;
  namespace: string;
  /** This process's name in Temporal; default PROCESS@HOST. */
  identity?: string;
  /** Of its code; without it, runs go on with whatever code there is. */
  version?: Version;
}): Promise<Closable> {
  const worker = await Worker.create({
    connection,
    namespace,
    ...(identity === undefined ? {} : { identity }),
    ...workerVersion(version),
    taskQueue: queues.workflows,
    workflowBundle: version
      ? { code: `globalThis.saltworksVersioned = true;${await readFile(bundle, 'utf8')}` }
      : { codePath: bundle },
    sinks: workflowSteps,
    // A dead server's workflows wait this long before another server takes them.
    stickyQueueScheduleToStartTimeout: '2 seconds',
  });
  return {
    run: () => worker.run(),
    shutdown() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
    },
  };
}

export interface CampaignServerOptions extends AuthOptions {
  connection: NativeConnection;
  client: Client;
  namespace: string;
  /** See {@link openWorkflows}. */
  version?: Version;
  store: ObjectStore;
  /** postgres://…, or a folder. */
  database: string;
  /** A file: where the database is a folder, interactions are also written here before they are acknowledged. */
  journal: string;
  host: string;
  port: number;
  requestsPerMinute?: number;
  /** Addresses or networks of the proxies in front. */
  trustedProxies?: string[];
  /** Where webhooks may lead. */
  webhookHosts: readonly AllowedHost[];
  /** The mail server; without it no e-mail is sent. */
  smtp?: SmtpSettings;
  /** Where datasets may be imported from. */
  places: readonly Place[];
  /** What an upload may have. */
  uploadLimits: UploadLimits;
  recipeOf: Deps['recipeOf'];
  shrinkPicture: Deps['shrinkPicture'];
  backbones: Deps['backbones'];
  /** Days for which what was deleted can be restored. */
  graceDays: number;
  /** Bytes that the store may hold; null: no quota. */
  quota: number | null;
  /** Folder of the built pages. */
  page?: string;
  /** Reads `/metrics`. */
  metricsToken?: string;
  log(message: string, fields?: Fields): void;
  /** Takes what happened, for collectors. */
  event?: Log['event'];
}

export interface CampaignServer {
  /** Listens here. */
  port: number;
  database: Database;
  probes: Probes;
  /** Resolves if the server cannot go on, with the reason: its database or its activities are lost. */
  lost: Promise<Error>;
  /** An administrator's API key: the known one while it is valid, else a new one. */
  adminKey(name: string, known?: string): Promise<string>;
  close(): Promise<void>;
}

const fillMs = 3_000;
/** How often to look for strokes that no server answers, and how old they are then: another server may have died with them. */
const resumeMs = { every: 1_000, after: 1_500 };
const sweepMs = 30_000;
/** Every dataset is asked what was taken out of it. */
const sweepImagesMs = 3_600_000;
const clocksMs = 300_000;

/** Opens the database and listens. */
export async function openCampaigns(options: CampaignServerOptions): Promise<CampaignServer> {
  const { connection, client, namespace, store, host, log } = options;
  const database = await openDatabase(options.database);
  const { db } = database;
  const journal = await openJournal(database.kind === 'pglite' ? options.journal : undefined);
  const restored = await restore(journal, database);
  if (restored > 0) log(`${restored} strokes put back from the journal`);

  const auth = openAuth(db, options);
  const answers = openAnswers({ db, store, client, log });
  const streams = await openStreams(database);
  const notices = openNotices({
    ...{ db, client, secret: options.secret, hosts: options.webhookHosts, log },
    mail: options.smtp && { send: openSmtp(options.smtp), url: options.url, signInLink: auth.signInLink },
  });
  const storage = openStorageWatch({ store, quota: options.quota, log });
  const fill = repeat(fillMs, () => fillCampaigns(db, store), log);
  const probes = openProbes(
    {
      database: databaseCheck(database),
      temporal: temporalCheck(connection, namespace),
      store: storeCheck(store),
    },
    { log },
  );
  const app = await openApp({
    ...options,
    probes,
    metrics: { host, token: options.metricsToken },
    database,
    db,
    auth,
    answers,
    journal,
    client,
    streams,
    notices,
    storage,
    imageSize: (sha256, keys) => imageSize(store, sha256, keys),
    async prepare(dataset, extract) {
      await throughOutages(() => extractDataset(client, { dataset, window: 4, extract }));
      fill.now();
    },
  });
  const runs = openRuns(client);
  const sweep = repeat(
    sweepMs,
    async () => {
      for (const id of await expiredLeases(db)) await expireLease(db, id);
      await extendCampaigns(db, store);
      await forgetDeliveries(db);
      await forgetOldFailures(db);
      await forgetUploads(db, store);
      await sweepCampaigns({ db, store, client, runs });
    },
    log,
  );

  const closing = new AbortController();
  const untilClosing = (message: string) => {
    if (!closing.signal.aborted) log(message);
  };
  // Beside the others: a large dataset takes long.
  const sweepAway = repeat(
    sweepMs,
    async () => void (await sweepDatasets({ db, store, client, runs }, { signal: closing.signal })),
    untilClosing,
  );
  const sweepOut = repeat(sweepImagesMs, () => sweepImages({ db, store }, { signal: closing.signal }), untilClosing);

  const unobserved = backupLastSuccess.observe(() => lastBackup(db));
  const clocks = repeat(clocksMs, () => restoreClocks({ db, client }), log);
  const activities: ServerActivities & ScheduleActivities & UploadEndActivities & RetryActivities = {
    endUpload: (end) => endUpload(db, end),
    async refillCampaigns({ dataset, extract }) {
      await refillCampaigns(db, { dataset, keys: keysId(extract.backbone, extract) });
      fill.now();
    },
    expireLease: async ({ assignment }) => (await expireLease(db, assignment))?.getTime(),
    leaveUnusable: ({ assignment, reason }) => leaveUnusable(db, assignment, reason),
    ...scheduleActivitiesOf({ ...options, db, runs: openRuns(client) }),
  };
  const worker = await Worker.create({
    connection,
    namespace,
    ...workerVersion(options.version),
    taskQueue: queues.server,
    interceptors: { activity: [activitySpans, watched('server')] },
    activities: receiving(
      {
        ...{ ...serverActivities, ...noticeActivities, ...scheduleActivities, ...uploadEndActivities },
        ...{ ...relabelActivities, ...prelabelServerActivities, ...replayActivities, ...retryActivities },
      },
      {
        ...activities,
        ...notices.activities,
        ...relabelActivitiesOf({ db, store, client, recipeOf: options.recipeOf }),
        ...prelabelActivitiesOf({ db, store, recipeOf: options.recipeOf }),
        ...replayActivitiesOf({ db, store, recipeOf: options.recipeOf }),
      },
    ),
  });
  const unseen = observeServer({ database, journal, client, namespace, probes });
  const working = worker.run();
  const failed = working.then(
    () => new Promise<never>(() => {}),
    (error: Error) => error,
  );
  await answers.resume();
  const resume = repeat(resumeMs.every, () => answers.resume(resumeMs.after), log);
  await app.listen({ host, port: options.port });
  const address = app.server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    database,
    probes,
    lost: Promise.race([failed, ...(database.lost ? [database.lost] : [])]),
    async adminKey(name, known) {
      const { id: user } = await findAdministrator(db);
      if (known && (await auth.userOf(new Headers({ authorization: `Bearer ${known}` })))?.user.role === 'admin')
        return known;
      return (await createApiKey(db, { user, name })).key;
    },
    async close() {
      unseen();
      fill.stop();
      sweep.stop();
      sweepAway.stop();
      sweepOut.stop();
      closing.abort(new Error('the server closes'));
      notices.stop();
      storage.stop();
      clocks.stop();
      unobserved();
      resume.stop();
      const closed = app.close();
      const stopped = async () => {
        // Readers come back at once, and must not come here again.
        while (app.server.listening) await sleep(5);
        await streams.close();
      };
      try {
        await Promise.all([closed, stopped()]);
        await answers.close();
      } finally {
        // Whatever failed: no handle may keep the process.
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await working.finally(journal.close).finally(database.close);
      }
    },
  };
}

/** Puts acknowledged interactions back that the database lost. @returns how many */
async function restore(journal: Journal, { db, sync }: Database): Promise<number> {
  let restored = 0;
  await journal.replay(async (entry) => {
    if (await restoreInteraction(db, entry)) restored++;
  });
  await sync();
  await journal.clear();
  return restored;
}
