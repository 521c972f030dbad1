/** All checks of a deployment, in the order in which they are told. */
import { checkBackup } from './backup.ts';
import type { Check } from './check.ts';
import { checkDatabase } from './database.ts';
import { checkHome, checkStorage } from './disk.ts';
import { checkGpu } from './gpu.ts';
import { checkJournal } from './journal.ts';
import { checkFiles, checkMemory, checkProcessor } from './machine.ts';
import { checkModels } from './models.ts';
import { checkOidc } from './oidc.ts';
import { checkQueues } from './queues.ts';
import { checkSchedules } from './schedules.ts';
import { checkSecret, checkSecretFiles } from './secrets.ts';
import { checkServer } from './server.ts';
import { checkStore } from './store.ts';
import { checkTemporal } from './temporal.ts';
import { checkVersions } from './versions.ts';
import { checkWebhooks } from './webhooks.ts';

/** By the code that is told where a check breaks off. */
export const checks: Readonly<Record<string, Check>> = {
  temporal: checkTemporal,
  database: checkDatabase,
  store: checkStore,
  server: checkServer,
  oidc: checkOidc,
  'disk.home': checkHome,
  storage: checkStorage,
  versions: checkVersions,
  queues: checkQueues,
  schedules: checkSchedules,
  webhooks: checkWebhooks,
  models: checkModels,
  gpu: checkGpu,
  memory: checkMemory,
  files: checkFiles,
  processor: checkProcessor,
  secret: checkSecret,
  'secret.files': checkSecretFiles,
  journal: checkJournal,
  backup: checkBackup,
};
