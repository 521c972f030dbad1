/** `saltworks campaign archive`, `unarchive`, `delete`, `restore`. */
import {
  deleteCampaign,
  deleteCampaignArchive,
  postCampaignArchive,
  postCampaignRestore,
} from '@saltworks/contract/api/campaigns';
import { Command } from 'commander';
import { campaignAt } from '../campaigns.ts';
import { withApi } from '../stack/connect.ts';

export const shelfCommands = (): Command[] => [
  new Command('archive')
    .description('put a campaign into the archive: it is read and no more changed, and lists leave it out')
    .argument('<id>', 'of the campaign')
    .addHelpText('after', '\nImages that annotators hold are given back, with what is drawn on them.')
    .action((id: string) =>
      withApi(false, async (api) => {
        await api(postCampaignArchive, campaignAt(id));
        console.log(`archived: ${id}`);
      }),
    ),
  new Command('unarchive')
    .description('take a campaign out of the archive, as it was')
    .argument('<id>', 'of the campaign')
    .action((id: string) =>
      withApi(false, async (api) => {
        await api(deleteCampaignArchive, campaignAt(id));
        console.log(`out of the archive: ${id}`);
      }),
    ),
  new Command('delete')
    .description('delete a campaign; it can be restored until its grace period ends')
    .argument('<id>', 'of the campaign')
    .option('--now', 'without a grace period: it goes at once, and nobody can restore it')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
At the end of the grace period (SALTWORKS_GRACE_DAYS of the server, 30 unless it says otherwise) all that was drawn in it goes for good,
with its masks, builds and exports, as far as nothing else refers to them. The dataset stays, and so does the audit trail.

Example: saltworks campaign delete pets`,
    )
    .action((id: string, { now, json }: { now?: boolean; json?: boolean }) =>
      withApi(json, async (api) => {
        const query = { now: now ? ('true' as const) : ('false' as const) };
        const { goes } = await api(deleteCampaign, { ...campaignAt(id), query });
        if (json) console.log(JSON.stringify({ id, goes }));
        else if (now) console.log(`deleted: ${id}, for good`);
        else console.log(`deleted: ${id}; saltworks campaign restore ${id} brings it back until ${goes}`);
      }),
    ),
  new Command('restore')
    .description('bring a campaign back that was deleted, until its grace period ends')
    .argument('<id>', 'of the campaign')
    .action((id: string) =>
      withApi(false, async (api) => {
        await api(postCampaignRestore, campaignAt(id));
        console.log(`restored: ${id}`);
      }),
    ),
];
