/** `saltworks campaign first`: images that would teach most, given out before all others. */
import { postCampaignFirst } from '@saltworks/contract/api/filters';
import { Command } from 'commander';
import { campaignAt } from '../campaigns.ts';
import { withApi } from '../stack/connect.ts';

export const firstCommand = (): Command =>
  new Command('first')
    .description(
      'give the images that would teach most out before all others, as the last prelabel of its dataset says',
    )
    .argument('<id>', 'of the campaign')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
Images that somebody was given, and those that are not of the campaign, stay where they are. A later prelabel says it anew: give them
out again. Images that a filter finds: filter first.

Example: saltworks prelabel street --from pets && saltworks campaign first pets`,
    )
    .action((campaign: string, { json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const { images } = await api(postCampaignFirst, { ...campaignAt(campaign), body: { order: 'learn' } });
        if (json) console.log(JSON.stringify({ campaign, order: 'learn', images }));
        else console.log(`${campaign}: ${images} image${images === 1 ? '' : 's'} first`);
      }),
    );
