/** `saltworks campaign invite`, `invitations`, `uninvite`: links by which several people join a campaign. */
import {
  deleteCampaignInvitation,
  getCampaignInvitations,
  type InvitedRole,
  invitationLimits,
  invitedRoles,
  postCampaignInvitations,
} from '@saltworks/contract/api/invitations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command, Option } from 'commander';
import { campaignAt } from '../campaigns.ts';
import { parseWhole } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

export const invitationCommands = (): Command[] => [
  new Command('invite')
    .description('a link by which several people join a campaign, each under an account of their own; told this once')
    .argument('<id>', 'of the campaign')
    .requiredOption('--name <text>', 'what it is for, to tell it from others')
    .addOption(new Option('--role <name>', 'what they do').choices(invitedRoles).default('annotator'))
    .option('--uses <n>', `how many people may follow it, at most ${invitationLimits.uses}`, parseWhole(1), 10)
    .option('--days <n>', `how long it lasts, at most ${invitationLimits.days}`, parseWhole(1), 14)
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
The server keeps a hash of the link, so nobody can be shown it again. It ends once it is used up, after its days, when it is revoked
("campaign uninvite"), or when whoever made it manages the campaign no more. Who joined stays.

Example: saltworks campaign invite pets --name "autumn course" --uses 30 --days 7`,
    )
    .action(invite),
  new Command('invitations')
    .description('the invitations to a campaign, also those that are over: uses left, end, and who made them')
    .argument('<id>', 'of the campaign')
    .option('--json', 'JSON, one document a line')
    .action(list),
  new Command('uninvite')
    .description('end an invitation; who joined by it stays')
    .argument('<id>', 'of the campaign')
    .argument('<invitation>', 'see "campaign invitations"')
    .action(uninvite),
];

interface InviteFlags {
  name: string;
  role: InvitedRole;
  uses: number;
  days: number;
  json?: boolean;
}

async function invite(id: string, { name, role, uses, days, json }: InviteFlags): Promise<void> {
  if (days > invitationLimits.days)
    throw new InvalidInputError(`--days ${days}; expected at most ${invitationLimits.days}`);
  const ends = new Date(Date.now() + days * 86_400_000).toISOString();
  await withApi(json, async (api) => {
    const made = await api(postCampaignInvitations, { ...campaignAt(id), body: { name, role, uses, ends } });
    console.log(json ? JSON.stringify({ ...made, name, role, uses, ends }) : made.link);
  });
}

async function list(id: string, { json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api) => {
    const found = await api(getCampaignInvitations, campaignAt(id));
    if (json) for (const invitation of found) console.log(JSON.stringify(invitation));
    else {
      const rows = found.map(({ id, state, role, used, uses, ends, by, name }) =>
        // Lists of commands hold one line an entry.
        [id, state, role, `${uses - used} of ${uses}`, ends, by, name.replaceAll('\n', ' ')],
      );
      console.log(table(['invitation', 'state', 'role', 'left', 'ends', 'made by', 'name'], rows));
    }
  });
}

async function uninvite(id: string, invitation: string): Promise<void> {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(invitation))
    throw new InvalidInputError(`invitation "${invitation}"; expected an id of: saltworks campaign invitations ${id}`);
  await withApi(false, async (api) => {
    const { params } = campaignAt(id);
    await api(deleteCampaignInvitation, { params: { ...params, invitation } });
    console.log(`revoked: ${invitation}`);
  });
}
