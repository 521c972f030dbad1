/** `saltworks account …`: accounts, sign-in links and keys. */

import { deleteUserAccess, getMe, getUsers, type Me, postUserLink } from '@saltworks/contract/api/accounts';
import { deleteMeKey, getMeKeys, postMeKeys } from '@saltworks/contract/api/api-keys';
import { getCampaignMembers, postCampaignMemberLink } from '@saltworks/contract/api/campaigns';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command } from 'commander';
import type { Api } from '../api.ts';
import { campaignAt, findAccount } from '../campaigns.ts';
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
        const accounts = await api(getUsers);
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
    .addHelpText(
      'after',
      `
Administrators make links for everybody, managers for members of their campaigns who may do no more than they may.

Example: saltworks account link ann@example.org`,
    )
    .action(async (email: string | undefined, { json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const me = await api(getMe);
        const whose = (email ?? me.email).toLowerCase();
        const { link } = await makeLink(api, me, whose);
        console.log(json ? JSON.stringify({ email: whose, link }) : link);
      }),
    );
  command
    .command('key')
    .description('an API key of whom this command speaks for, told this once')
    .requiredOption('--name <text>', 'what it is for')
    .option('--json', 'one JSON document instead of text')
    .action(async ({ name, json }: { name: string; json?: boolean }) =>
      withApi(json, async (api) => {
        const made = await api(postMeKeys, { body: { name } });
        console.log(json ? JSON.stringify(made) : made.key);
      }),
    );
  command
    .command('keys')
    .description('API keys of whom this command speaks for')
    .option('--json', 'JSON, one document a line')
    .action(async ({ json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const keys = await api(getMeKeys);
        if (json) for (const key of keys) console.log(JSON.stringify(key));
        else {
          const rows = keys.map(({ id, name, created, lastUsed }) => [id, name, created, lastUsed ?? 'never']);
          console.log(table(['key', 'name', 'made', 'last used'], rows));
        }
      }),
    );
  command
    .command('revoke')
    .description(
      'ends what an account signs in with: its sessions, links and API keys, and its invitations; or one key of your own',
    )
    .argument('[email]', 'whose')
    .option('--key <id>', 'this key alone, of whom this command speaks for')
    .addHelpText(
      'after',
      `
The account stays, and its password: it may sign in anew, or by a new link.

Example: saltworks account revoke ann@example.org`,
    )
    .action(async (email: string | undefined, { key }: { key?: string }) => {
      if ((email === undefined) === (key === undefined)) {
        throw new InvalidInputError('an e-mail address and --key, or neither; expected one of the two');
      }
      await withApi(false, async (api) => {
        if (key !== undefined) return api(deleteMeKey, { params: { key } });
        return api(deleteUserAccess, {
          params: { user: (await findAccount(api, (email as string).toLowerCase())).id },
        });
      });
      console.log(`revoked: ${key ?? email}`);
    });
  return command;
}

/**
 * The route that makes a sign-in link; managers use their campaign's.
 *
 * @throws InvalidInputError if the account does not exist, or is in none of the manager's campaigns
 */
async function makeLink(api: Api, me: Me, email: string): Promise<{ link: string }> {
  if (me.role === 'admin') return api(postUserLink, { params: { user: (await findAccount(api, email)).id } });
  const managed = me.campaigns.filter(({ role }) => role === 'manager');
  for (const { id } of managed) {
    const members = await api(getCampaignMembers, campaignAt(id));
    const found = members.find((member) => member.email === email);
    if (found) return api(postCampaignMemberLink, { params: { campaign: id, user: found.user } });
  }
  const known = managed.map(({ id }) => id).join(', ') || 'none';
  throw new InvalidInputError(
    `no account ${email} in the campaigns that you manage (${known}); expected a member of one`,
  );
}
