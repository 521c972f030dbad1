/** `saltworks campaign assign`, `members`: the members of a campaign. */
import { getCampaignMembers, postCampaignMembers } from '@saltworks/contract/api/campaigns';
import type { MemberRole } from '@saltworks/contract/api/states';
import { Command, Option } from 'commander';
import { campaignAt } from '../campaigns.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

export const memberCommands = (): Command[] => [
  new Command('assign')
    .description('make accounts members of a campaign; accounts that are missing are created')
    .argument('<id>', 'of the campaign')
    .argument('<email...>')
    .addOption(
      new Option('--role <name>', 'what they do').choices(['annotator', 'reviewer', 'manager']).default('annotator'),
    )
    .option('--json', 'JSON, one document a line')
    .addHelpText(
      'after',
      `
Who has no account gets one, and a link that signs them in, once, within ten minutes. Another one: saltworks account link
A server with SALTWORKS_SMTP_HOST also mails them a link of their own, for a day.

Example: saltworks campaign assign pets ann@example.org bob@example.org`,
    )
    .action(assign),
  new Command('members')
    .description('who takes part in a campaign')
    .argument('<id>', 'of the campaign')
    .option('--json', 'JSON, one document a line')
    .action(members),
];

async function assign(
  id: string,
  emails: string[],
  { role, json }: { role: MemberRole; json?: boolean },
): Promise<void> {
  await withApi(json, async (api) => {
    for (const given of emails) {
      const email = given.toLowerCase();
      const body = { email, role };
      const { user, link, mailed } = await api(postCampaignMembers, { ...campaignAt(id), body });
      if (json) console.log(JSON.stringify({ user, email, role, link, mailed }));
      else {
        const how = mailed ? 'mailed to them too' : 'once';
        console.log(`${email}: ${role} of ${id}${link ? `\n  sign in, ${how}: ${link}` : ''}`);
      }
    }
  });
}

async function members(id: string, { json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api) => {
    const found = await api(getCampaignMembers, campaignAt(id));
    if (json) for (const member of found) console.log(JSON.stringify(member));
    else
      console.log(
        table(
          ['account', 'role', 'name'],
          found.map(({ email, role, name }) => [email, role, name]),
        ),
      );
  });
}
