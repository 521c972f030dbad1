/** `saltworks audit …`: checks the audit log. */
import { getAuditVerify } from '@saltworks/contract/api/accounts';
import { Command } from 'commander';
import { withApi } from '../stack/connect.ts';

export function auditCommand(): Command {
  const command = new Command('audit').description(
    'who did what: a chain of hashes that shows what was changed or taken out',
  );
  command
    .command('verify')
    .description('follow the chain from its beginning; exit code 1 where it is broken')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      '\nNote the hash that it ends with: that the last entries were taken out shows in a later chain without it.',
    )
    .action(async ({ json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const { entries, head, broken } = await api(getAuditVerify);
        if (broken !== undefined) process.exitCode = 1;
        if (json) console.log(JSON.stringify({ entries, head, broken }));
        else if (broken === undefined) console.log(`${entries} entries, unbroken, up to ${head}`);
        else console.error(`saltworks: entry ${broken} does not follow from the ${entries} before it`);
      }),
    );
  return command;
}
