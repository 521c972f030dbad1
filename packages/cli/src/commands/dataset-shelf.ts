/** `saltworks dataset archive`, `unarchive`, `delete`, `restore`. */
import {
  deleteDataset,
  deleteDatasetArchive,
  postDatasetArchive,
  postDatasetRestore,
} from '@saltworks/contract/api/datasets';
import { Command } from 'commander';
import { withApi } from '../stack/connect.ts';

const at = (dataset: string) => ({ params: { dataset } });

export const datasetShelfCommands = (): Command[] => [
  new Command('archive')
    .description(
      'put a dataset into the archive: it is read and no more changed, no run goes over it, lists leave it out',
    )
    .argument('<name>', 'of the dataset')
    .addHelpText('after', '\nCampaigns over it go on with their images; runs that are under way end as they would.')
    .action((name: string) =>
      withApi(false, async (api) => {
        await api(postDatasetArchive, at(name));
        console.log(`archived: ${name}`);
      }),
    ),
  new Command('unarchive')
    .description('take a dataset out of the archive, as it was')
    .argument('<name>', 'of the dataset')
    .action((name: string) =>
      withApi(false, async (api) => {
        await api(deleteDatasetArchive, at(name));
        console.log(`out of the archive: ${name}`);
      }),
    ),
  new Command('delete')
    .description('delete a dataset that no campaign uses; it can be restored until its grace period ends')
    .argument('<name>', 'of the dataset')
    .option('--now', 'without a grace period: it goes at once, and nobody can restore it')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
A campaign that is archived, or deleted and not yet gone, still uses its dataset. At the end of the grace period (SALTWORKS_GRACE_DAYS
of the server, 30 unless it says otherwise) the dataset goes for good: images that no other dataset has, with their keys, its scribbles,
masks, builds and exports. Files that it was imported from stay, and so does the audit trail.

Example: saltworks dataset delete pets`,
    )
    .action((name: string, { now, json }: { now?: boolean; json?: boolean }) =>
      withApi(json, async (api) => {
        const query = { now: now ? ('true' as const) : ('false' as const) };
        const { goes } = await api(deleteDataset, { ...at(name), query });
        if (json) console.log(JSON.stringify({ name, goes }));
        else if (now) console.log(`deleted: ${name}, for good`);
        else console.log(`deleted: ${name}; saltworks dataset restore ${name} brings it back until ${goes}`);
      }),
    ),
  new Command('restore')
    .description('bring a dataset back that was deleted, until its grace period ends')
    .argument('<name>', 'of the dataset')
    .action((name: string) =>
      withApi(false, async (api) => {
        await api(postDatasetRestore, at(name));
        console.log(`restored: ${name}`);
      }),
    ),
];
