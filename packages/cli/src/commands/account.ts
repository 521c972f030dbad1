/** `saltworks account …`: who may sign in. */

import type { Account } from '@saltworks/core/contract/api';
import { Command } from 'commander';
import { findAccount } from '../campaigns.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

export function accountCommand(): Command {
  const command = new Command('account').description('who may sign in');
  command
    .command('ls')
    .description('all accounts')
    .option('--json', 'JSON, one document a line')
    .action(async ({ json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const accounts = await api<Account[]>('GET', '/api/users');
        if (json) for (const account of accounts) console.log(JSON.stringify(account));
        else
          console.log(
            table(
              ['account', 'role', 'name'],
              accounts.map(({ email, role, name }) => [email, role, name]),
            ),
          );
      }),
    );
  command
    .command('link')
    .description('a link that signs an account in, once, within ten minutes')
    .argument('[email]', 'whose (default: of whom this command speaks for)')
    .option('--json', 'one JSON document instead of text')
    .addHelpText('after', '\nExample: saltworks account link ann@example.org')
    .action(async (email: string | undefined, { json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const account = email === undefined ? await api<Account>('GET', '/api/me') : await findAccount(api, email);
        const { link } = await api<{ link: string }>('POST', `/api/users/${account.id}/link`);
        console.log(json ? JSON.stringify({ email: account.email, link }) : link);
      }),
    );
  command
    .command('key')
    .description('an API key of whom this command speaks for, told this once')
    .requiredOption('--name <text>', 'what it is for')
    .option('--json', 'one JSON document instead of text')
    .action(async ({ name, json }: { name: string; json?: boolean }) =>
      withApi(json, async (api) => {
        const made = await api<{ id: string; key: string }>('POST', '/api/me/keys', { name });
        console.log(json ? JSON.stringify(made) : made.key);
      }),
    );
  return command;
}
