/** `saltworks up`, `server`, `worker`: the stack as a whole, or one of its roles alone. */
import { InvalidInputError } from '@saltworks/core/errors';
import { openStore } from '@saltworks/store/open';
import { createActivities } from '@saltworks/worker/activities';
import { keysSources } from '@saltworks/worker/keys-source';
import { openMaskThreads } from '@saltworks/worker/mask-threads';
import { objectReader } from '@saltworks/worker/objects';
import { openSessionThreads } from '@saltworks/worker/session-threads';
import { openWorkers, ownQueue, type Role, roles } from '@saltworks/worker/worker';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { Command, Option } from 'commander';
import { interruption } from '../interrupt.ts';
import { parseWhole } from '../options.ts';
import { openServerRole } from '../serve.ts';
import { readSettings, type Settings } from '../settings.ts';
import { startStack } from '../stack/supervisor.ts';

export function roleCommands(): Command[] {
  return [
    new Command('up')
      .description('run everything on this machine: Temporal, server and worker, until Ctrl-C')
      .action(async () => {
        const stack = await startStack(readSettings(), (line) => console.log(line));
        await untilStopped();
        await stack.stop();
      }),
    new Command('server').description('run the server alone, against SALTWORKS_TEMPORAL_ADDRESS').action(async () => {
      const settings = readSettings();
      const connection = await reach(settings);
      await runUntilStopped(await openServerRole(settings, connection, (line) => console.log(line)));
      await connection.close();
    }),
    new Command('worker')
      .description('run a worker alone, against SALTWORKS_TEMPORAL_ADDRESS and SALTWORKS_STORE')
      .addOption(
        new Option('--roles <list>', 'what it does, of extract, propagate and annotate')
          .argParser(parseRoles)
          .default(roles),
      )
      .option('--extract-concurrency <n>', 'shards whose keys are computed at the same time', parseWhole(1), 1)
      // Two, so that no core idles while the last image of a shard is solved.
      .option('--propagate-concurrency <n>', 'shards whose strokes are propagated at the same time', parseWhole(1), 2)
      .option('--threads <n>', 'of one inference (default: all cores)', parseWhole(1))
      .addOption(
        new Option('--device <name>', 'for inference; auto is CUDA where there is one')
          .choices(['auto', 'cpu', 'cuda'])
          .default('auto'),
      )
      .action(worker),
  ];
}

interface WorkerFlags {
  roles: readonly Role[];
  extractConcurrency: number;
  propagateConcurrency: number;
  threads?: number;
  device: 'auto' | 'cpu' | 'cuda';
}

async function worker(flags: WorkerFlags): Promise<void> {
  const settings = readSettings();
  const store = await openStore(settings.store);
  const { roles, extractConcurrency, propagateConcurrency, threads, device } = flags;
  const { batch, propagateThreads, maxPixels, sessionBytes, sessionThreads } = settings;
  const keys = keysSources(settings.home, { threads, device, batch });
  const maskThreads = openMaskThreads(propagateThreads);
  const connection = await reach(settings);
  const sessions = openSessionThreads({ threads: sessionThreads, bytes: sessionBytes });
  const queue = ownQueue();
  const readObject = objectReader(store);
  const activities = createActivities({ store, keys, maskThreads, readObject, maxPixels, sessions, queue });
  // As many images being opened as threads, and one whose files are read meanwhile.
  const concurrency = { extract: extractConcurrency, propagate: propagateConcurrency, annotate: sessionThreads + 1 };
  const { namespace } = settings;
  await runUntilStopped(await openWorkers({ connection, namespace, roles, activities, concurrency, queue }));
  await sessions.close();
  await keys.close();
  await maskThreads.close();
  await connection.close();
}

async function reach({ temporalAddress }: Settings): Promise<NativeConnection> {
  if (!temporalAddress)
    throw new InvalidInputError('no SALTWORKS_TEMPORAL_ADDRESS; expected host:port ("saltworks up" needs none)');
  // Signals are ours to handle: the SDK would otherwise stop its workers by itself.
  const logger = new DefaultLogger(process.env.SALTWORKS_DEBUG ? 'INFO' : 'ERROR');
  Runtime.install({ shutdownSignals: [], logger });
  return NativeConnection.connect({ address: temporalAddress });
}

async function runUntilStopped({ run, shutdown }: { run(): Promise<void>; shutdown(): void }): Promise<void> {
  const running = run();
  await Promise.race([untilStopped(), running]);
  shutdown();
  await running;
}

/** Ctrl-C, SIGTERM, or the death of the process that supervises this one. */
function untilStopped(): Promise<void> {
  return new Promise((stop) => {
    interruption.addEventListener('abort', () => stop());
    process.once('SIGTERM', () => stop());
    process.once('disconnect', () => stop());
  });
}

function parseRoles(text: string): Role[] {
  const found = text.split(',');
  const unknown = found.find((role) => !roles.includes(role as Role));
  if (unknown !== undefined) throw new InvalidInputError(`--roles ${unknown}; expected some of ${roles.join(',')}`);
  return found as Role[];
}
