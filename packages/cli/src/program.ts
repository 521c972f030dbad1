/** The tree of commands, and the exit codes. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { version } from '@saltworks/telemetry/version';
import { Command, CommanderError } from 'commander';
import { interruption } from './interrupt.ts';
import { isDebugging, silenceSdk } from './settings.ts';

/** Modules of commands and the names they go by. A command loads its own alone: all of them take a second and 50 MB more. */
const modules: readonly { names: readonly string[]; load: () => Promise<readonly Command[]> }[] = [
  { names: ['segment'], load: async () => [(await import('./commands/segment.ts')).segmentCommand()] },
  { names: ['eval'], load: async () => [(await import('./commands/eval.ts')).evalCommand()] },
  { names: ['backbone'], load: async () => [(await import('./commands/backbone.ts')).backboneCommand()] },
  { names: ['dataset'], load: async () => [(await import('./commands/dataset.ts')).datasetCommand()] },
  {
    names: ['extract', 'propagate'],
    async load() {
      const { extractCommand, propagateCommand } = await import('./commands/runs.ts');
      return [extractCommand(), propagateCommand()];
    },
  },
  { names: ['annotate'], load: async () => [(await import('./commands/annotate.ts')).annotateCommand()] },
  { names: ['prelabel'], load: async () => [(await import('./commands/prelabel.ts')).prelabelCommand()] },
  { names: ['search'], load: async () => [(await import('./commands/search.ts')).searchCommand()] },
  { names: ['campaign'], load: async () => [(await import('./commands/campaign.ts')).campaignCommand()] },
  { names: ['filter'], load: async () => [(await import('./commands/filter.ts')).filterCommand()] },
  { names: ['tag'], load: async () => [(await import('./commands/tag.ts')).tagCommand()] },
  { names: ['build'], load: async () => [(await import('./commands/build.ts')).buildCommand()] },
  { names: ['bakeoff'], load: async () => [(await import('./commands/bakeoff.ts')).bakeoffCommand()] },
  { names: ['relabel'], load: async () => [(await import('./commands/relabel.ts')).relabelCommand()] },
  { names: ['schedule'], load: async () => [(await import('./commands/schedule.ts')).scheduleCommand()] },
  { names: ['account'], load: async () => [(await import('./commands/account.ts')).accountCommand()] },
  { names: ['webhook'], load: async () => [(await import('./commands/webhook.ts')).webhookCommand()] },
  { names: ['doctor'], load: async () => [(await import('./commands/doctor.ts')).doctorCommand()] },
  { names: ['storage'], load: async () => [(await import('./commands/storage.ts')).storageCommand()] },
  { names: ['deployment'], load: async () => [(await import('./commands/deployment.ts')).deploymentCommand()] },
  { names: ['audit'], load: async () => [(await import('./commands/audit.ts')).auditCommand()] },
  { names: ['backup'], load: async () => [(await import('./commands/backup.ts')).backupCommand()] },
  { names: ['migrate'], load: async () => [(await import('./commands/migrate.ts')).migrateCommand()] },
  { names: ['up', 'server', 'worker'], load: async () => (await import('./commands/roles.ts')).roleCommands() },
];

/** 0 done, 1 failed, 2 unusable input or arguments, 130 interrupted. */
export async function main(args: string[]): Promise<number> {
  const program = new Command('saltworks')
    .description('A few scribbles become full segmentation masks.')
    .version(version)
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 unusable input or arguments, 130 interrupted.');
  const named = modules.filter(({ names }) => names.includes(args[0]));
  for (const { load } of named.length > 0 ? named : modules) {
    for (const command of await load()) program.addCommand(command);
  }
  for (const command of everyCommand(program)) {
    command.exitOverride().showSuggestionAfterError(false);
    command.configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'saltworks: ')) });
  }
  silenceSdk();
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (interruption.aborted) return 130;
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!isMovable(error)) console.error(`saltworks: ${(error as Error).message.replaceAll('\n', ' ')}`);
    if (isDebugging()) console.error(error);
    return error instanceof InvalidInputError ? 2 : 1;
  }
}

/** Two stacks that start at once may choose the same port; the supervisor of the second moves on silently. */
const isMovable = (error: unknown): boolean =>
  process.connected && (error as NodeJS.ErrnoException).code === 'EADDRINUSE';

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
