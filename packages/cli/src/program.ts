/** The tree of commands, and the exit codes. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command, CommanderError } from 'commander';
import { accountCommand } from './commands/account.ts';
import { auditCommand } from './commands/audit.ts';
import { backboneCommand } from './commands/backbone.ts';
import { campaignCommand } from './commands/campaign.ts';
import { datasetCommand } from './commands/dataset.ts';
import { roleCommands } from './commands/roles.ts';
import { extractCommand, propagateCommand } from './commands/runs.ts';
import { segmentCommand } from './commands/segment.ts';
import { interruption } from './interrupt.ts';
import { version } from './results.ts';
import { isDebugging, silenceSdk } from './settings.ts';

/** 0 done, 1 failed, 2 unusable input or arguments, 130 interrupted. */
export async function main(args: string[]): Promise<number> {
  const program = new Command('saltworks')
    .description('A few scribbles become full segmentation masks.')
    .version(version)
    .addCommand(segmentCommand())
    .addCommand(backboneCommand())
    .addCommand(datasetCommand())
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 unusable input or arguments, 130 interrupted.');
  for (const command of [extractCommand(), propagateCommand(), campaignCommand(), accountCommand(), auditCommand()]) {
    program.addCommand(command);
  }
  for (const command of roleCommands()) program.addCommand(command);
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
