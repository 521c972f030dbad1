/** `saltworks campaign work`: who has which image, and what became of it. */
import { type Assignment, getCampaignAssignments } from '@saltworks/contract/api/assignments';
import { type AssignmentState, assignmentState } from '@saltworks/contract/api/states';
import { Command, Option } from 'commander';
import { campaignAt, findMember } from '../campaigns.ts';
import { parseWhole } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

export const workCommand = (): Command =>
  new Command('work')
    .description('annotators’ work, the newest first: in hand, handed in, sent back, skipped; of annotators, their own')
    .argument('<id>', 'of the campaign')
    .option('--by <email>', 'of this member')
    .addOption(new Option('--state <name>', 'in this state').choices(assignmentState.options))
    .option('--limit <n>', 'so many at most, up to 200', parseWhole(1), 50)
    .option('--json', 'JSON, one document a line')
    .addHelpText('after', '\nExample: saltworks campaign work pets --by ann@example.org --state sent_back')
    .action(work);

interface Flags {
  by?: string;
  state?: AssignmentState;
  limit: number;
  json?: boolean;
}

async function work(id: string, { by, state, limit, json }: Flags): Promise<void> {
  await withApi(json, async (api) => {
    const user = by === undefined ? undefined : await findMember(api, id, by);
    const found = await api(getCampaignAssignments, { ...campaignAt(id), query: { user, state, limit } });
    if (json) for (const one of found) console.log(JSON.stringify(one));
    else if (found.length === 0) console.log('there is none');
    else console.log(table(['image', 'annotator', 'state', 'since', 'strokes and other deeds'], found.map(rowOf)));
  });
}

const rowOf = ({ image, author, state, updated, n }: Assignment) =>
  [image.name, author, state.replace('_', ' '), updated, n] as const;
