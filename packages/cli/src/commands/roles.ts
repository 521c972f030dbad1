/** `saltworks up`, `server`, `worker`: the whole stack, or one role. */

import { setTimeout as sleep } from 'node:timers/promises';
import { getMe, postUserLink } from '@saltworks/contract/api/accounts';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Log, openLog } from '@saltworks/telemetry/log';
import { observeProcess } from '@saltworks/telemetry/process';
import { version } from '@saltworks/telemetry/version';
import type { Role as Work } from '@saltworks/worker/worker';
import type { NativeConnection } from '@temporalio/worker';
import { Command, Option } from 'commander';
import { openApi } from '../api.ts';
import { makeHome } from '../home.ts';
import { interruption } from '../interrupt.ts';
import { parseWhole } from '../options.ts';
import type { Role } from '../role.ts';
import { readSettings, type Settings, serverUrl } from '../settings.ts';
import { serverOf } from '../stack/connect.ts';
import { reachTemporal } from '../stack/reach.ts';
import { startStack } from '../stack/supervisor.ts';
import { temporalConnection } from '../stack/temporal-connection.ts';
import { openTracing } from '../tracing.ts';
import type { WorkFlags } from '../work.ts';

const roles = ['extract', 'propagate', 'annotate'] as const satisfies readonly Work[];

export function roleCommands(): Command[] {
  return [
    new Command('up')
      .description('run everything on this machine: Temporal, server and worker, until Ctrl-C')
      .action(async () => {
        const settings = readSettings();
        const log = openLog('up', { ...settings.log, prefix: '' });
        const stack = await startStack(settings, log.info);
        const stopping = untilStopped();
        const told = new AbortController();
        if (process.stdout.isTTY) void tellLink(settings, told.signal);
        await stopping;
        told.abort();
        await stack.stop();
      }),
    new Command('server').description('run the server alone, against SALTWORKS_TEMPORAL_ADDRESS').action(() =>
      runUntilStopped('server', async (connection, settings, log) => {
        const { openServerRole } = await import('../serve.ts');
        return openServerRole(settings, connection, log);
      }),
    ),
    new Command('worker')
      .description('run a worker alone, against SALTWORKS_TEMPORAL_ADDRESS and SALTWORKS_STORE')
      .addOption(
        new Option('--roles <list>', 'what it does, of extract, propagate and annotate')
          .argParser(parseRoles)
          .default(roles),
      )
      .option('--extract-concurrency <n>', 'shards whose keys are computed at the same time', parseWhole(1), 1)
      // Two shards at once, so that no core idles during the last image of one.
      .option('--propagate-concurrency <n>', 'shards whose strokes are propagated at the same time', parseWhole(1), 2)
      .option('--threads <n>', 'of one inference (default: all cores)', parseWhole(1))
      .addOption(
        new Option('--device <name>', 'for inference; auto is CUDA where there is one')
          .choices(['auto', 'cpu', 'cuda', 'tensorrt'])
          .default('auto'),
      )
      .addOption(
        new Option('--precision <name>', 'of inference; auto is float16 on a GPU, else what the file gives')
          .choices(['auto', 'given', 'float16', 'int8'])
          .default('auto'),
      )
      .action((flags: WorkFlags) =>
        runUntilStopped('worker', async (connection, settings, log) => {
          const { openWorkerRole } = await import('../work.ts');
          return openWorkerRole(settings, connection, flags, log);
        }),
      ),
  ];
}

/** Prints a sign-in link once the server answers; for terminals, since links do not belong in logs. */
async function tellLink(settings: Settings, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // The server may be opening its database, or another home's server may hold the port until ours moves.
    const api = await openApi((await serverOf(settings)) ?? serverUrl(settings), settings).catch(() => undefined);
    const me = await api?.(getMe).catch(() => undefined);
    if (api && me) {
      return api(postUserLink, { params: { user: me.id } }).then(
        ({ link }) => console.log(`sign in, once, within ten minutes: ${link}`),
        ({ message }) => console.error(`no link to sign in: ${message}`),
      );
    }
    await sleep(500, undefined, { signal }).catch(() => {});
  }
}

/** Runs a role until the process is told to stop. A role's modules load only when it runs. */
async function runUntilStopped(
  name: 'server' | 'worker',
  open: (connection: NativeConnection, settings: Settings, log: Log) => Promise<Role>,
) {
  const settings = readSettings();
  const log = openLog(name, settings.log);
  await makeHome(settings.home);
  observeProcess({ role: name, version });
  const traces = await openTracing(settings, name, log.warn);
  const connection = await reach(settings, log);
  try {
    const role = await open(connection, settings, log);
    const running = role.run();
    try {
      await Promise.race([untilStopped(), running]);
    } finally {
      role.drain();
      // Whoever sends requests here learns of it first.
      if (name === 'server') await Promise.race([sleep(1_000 * settings.drainSeconds), running.catch(() => {})]);
      role.shutdown();
    }
    await running;
  } finally {
    // Report the error even if Temporal is away.
    await connection.close().catch(() => {});
    await traces?.close();
  }
}

async function reach(settings: Settings, log: Log): Promise<NativeConnection> {
  const { temporalAddress, temporalAccess } = settings;
  if (!temporalAddress)
    throw new InvalidInputError('no SALTWORKS_TEMPORAL_ADDRESS; expected host:port ("saltworks up" needs none)');
  const { NativeConnection } = await import('@temporalio/worker');
  const { installRuntime } = await import('../stack/runtime.ts');
  installRuntime(settings, log);
  await reachTemporal(temporalAddress, temporalAccess);
  return NativeConnection.connect(temporalConnection(temporalAddress, temporalAccess));
}

/** Resolves on Ctrl-C, SIGTERM, or the supervisor's death. */
function untilStopped(): Promise<void> {
  return new Promise((stop) => {
    interruption.addEventListener('abort', () => stop());
    process.once('SIGTERM', () => stop());
    process.once('disconnect', () => stop());
  });
}

function parseRoles(text: string): Work[] {
  const found = text.split(',');
  const unknown = found.find((role) => !roles.includes(role as Work));
  if (unknown !== undefined) throw new InvalidInputError(`--roles ${unknown}; expected some of ${roles.join(',')}`);
  return found as Work[];
}
