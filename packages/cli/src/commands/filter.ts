/** `saltworks filter …`: images of a dataset or a campaign found by what is known of them, under names. */
import { getCampaign } from '@saltworks/contract/api/campaigns';
import {
  campaignFilter,
  datasetFilter,
  deleteFilter,
  getFilters,
  type ImageFilter,
  imageState,
  postCampaignFirst,
  postFilterSelection,
  putFilter,
  type Selection,
} from '@saltworks/contract/api/filters';
import { getDatasetImagesCount } from '@saltworks/contract/api/mask-sets';
import { getCampaignTasksCount } from '@saltworks/contract/api/tasks';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import * as z from '@saltworks/contract/zod';
import { Command, Option } from 'commander';
import type { Api } from '../api.ts';
import { campaignAt, findAccount, findMember } from '../campaigns.ts';
import { parseFromTo } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';
import { table } from '../table.ts';

const ofArgument = ['<of>', 'a campaign or a dataset; campaign:ID or dataset:NAME where both are called so'] as const;
const nameArgument = ['<name>', 'of the filter: a-z, 0-9 and -, at most 64'] as const;
const states = [...imageState.options, 'open', 'done'];
const works = ['none', 'begun', 'handed', 'accepted', 'sent_back', 'skipped'];

export function filterCommand(): Command {
  const command = new Command('filter')
    .description('find images by what is known of them, and keep that under a name')
    .addHelpText(
      'after',
      `
A campaign or an export that is made of a filter is of the images that fit at that moment; images that fit later are not added.

Examples:
  saltworks filter save unsure street --class car --uncertain 0.2
  saltworks filter save anns pets --annotator ann@example.org --since 2026-11-01
  saltworks campaign create again --dataset street --categories "car" --filter unsure
  saltworks dataset export street --filter unsure --format voc --out out
  saltworks filter first anns pets`,
    );
  command
    .command('save')
    .description('keep a filter under a name; one of that name is replaced')
    .argument(...nameArgument)
    .argument(...ofArgument)
    .option('--name <text>', 'a part of the name of the image, in any case')
    .option('--tag <tag>', 'images with this tag')
    .option('--class <name>', 'drawn on it; of a dataset: in the mask')
    .option('--uncertain <x>', 'the least uncertainty, 0 to 1', parseFromTo(0, 1))
    .option('--annotator <email>', 'who worked on it')
    .option('--since <day>', 'the first day on which somebody, or the annotator, was at it last: 2026-11-30, UTC')
    .option('--until <day>', 'the last such day')
    .addOption(
      new Option('--state <state>', 'masked, failed, none of a dataset; open, done of a campaign').choices(states),
    )
    .addOption(new Option('--work <what>', 'of a campaign: what became of it').choices(works))
    .option('--masks <recipe>', 'of a dataset: the mask set by which class, state and uncertainty are told')
    .option('--json', 'one JSON document instead of text')
    .action(save);
  command
    .command('ls')
    .description('the filters of a campaign or a dataset')
    .argument(...ofArgument)
    .option('--json', 'JSON, one document a line')
    .action(list);
  command
    .command('rm')
    .description('remove a filter; what was made of it stays')
    .argument(...nameArgument)
    .argument(...ofArgument)
    .action((name: string, of: string) =>
      withApi(false, async (api) => {
        const subject = subjectText(await findSubject(api, of));
        await api(deleteFilter, { params: { subject, filter: name } });
        console.log(`${name}: removed`);
      }),
    );
  command
    .command('first')
    .description("give a campaign's images that fit now out before all others")
    .argument(...nameArgument)
    .argument('<campaign>', 'its id')
    .option('--json', 'one JSON document instead of text')
    .action((name: string, campaign: string, { json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const { images } = await api(postCampaignFirst, { ...campaignAt(campaign), body: { filter: name } });
        if (json) console.log(JSON.stringify({ campaign, filter: name, images }));
        else console.log(`${campaign}: ${counted(images)} first`);
      }),
    );
  return command;
}

const counted = (images: number) => `${images} image${images === 1 ? '' : 's'}`;

interface Flags {
  name?: string;
  tag?: string;
  class?: string;
  uncertain?: number;
  annotator?: string;
  since?: string;
  until?: string;
  state?: string;
  work?: string;
  masks?: string;
  json?: boolean;
}

async function save(name: string, of: string, flags: Flags): Promise<void> {
  await withApi(flags.json, async (api) => {
    const of_ = await findSubject(api, of);
    const filter = await filterOf(api, of_, flags);
    await api(putFilter, { params: { subject: subjectText(of_), filter: name }, body: filter });
    const images = await countFitting(api, of_, filter);
    if (flags.json) console.log(JSON.stringify({ name, of: subjectText(of_), filter, images }));
    else console.log(`${name}: ${counted(images)} of ${of_.name} fit now`);
  });
}

/** @throws InvalidInputError if nothing is asked, or what images of the subject cannot be asked */
async function filterOf(
  api: Api,
  subject: Subject,
  { class: named, masks, annotator, json: _, ...rest }: Flags,
): Promise<ImageFilter> {
  const given: Record<string, unknown> = { ...rest, recipe: masks };
  if (annotator !== undefined) {
    given.annotator =
      subject.kind === 'campaign'
        ? await findMember(api, subject.name, annotator)
        : (await findAccount(api, annotator)).id;
  }
  if (named !== undefined)
    given.category = subject.kind === 'campaign' ? await classOf(api, subject.name, named) : named;
  const asked = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(asked).length === 0)
    throw new InvalidInputError('a filter of nothing; expected an option, see --help');
  const read = z.safeParse(subject.kind === 'campaign' ? campaignFilter : datasetFilter, asked);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = 'keys' in issue ? issue.keys.join(', ') : String(issue.path[0]);
  throw new InvalidInputError(
    `${field} ${asked[field] ?? ''}: ${'keys' in issue ? `expected what images of a ${subject.kind} are asked` : issue.message}`,
  );
}

async function classOf(api: Api, campaign: string, name: string): Promise<number> {
  const { categories } = await api(getCampaign, campaignAt(campaign));
  const found = categories.find((each) => each.name === name);
  if (found) return found.id;
  throw new InvalidInputError(`class ${name}; expected one of ${categories.map((each) => each.name).join(', ')}`);
}

/** How many images fit now. */
export async function countFitting(api: Api, { kind, name }: Subject, filter: ImageFilter): Promise<number> {
  if (kind === 'campaign')
    return (await api(getCampaignTasksCount, { ...campaignAt(name), query: written(filter) })).images;
  let found = 0;
  for (let after = '0'; ; ) {
    const { images, next } = await api(getDatasetImagesCount, {
      params: { dataset: name },
      query: [...written(filter), ['after', after]],
    });
    found += images;
    if (next === null) return found;
    after = next;
  }
}

const written = (filter: ImageFilter): [string, string][] =>
  Object.entries(filter).map(([name, value]): [string, string] => [name, String(value)]);

async function list(of: string, { json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api) => {
    const filters = await api(getFilters, { params: { subject: subjectText(await findSubject(api, of)) } });
    if (json) for (const filter of filters) console.log(JSON.stringify(filter));
    else if (filters.length > 0) {
      const rows = filters.map(({ name, filter, by }) => [name, asText(filter), by ?? ''] as const);
      console.log(table(['filter', 'images with', 'saved by'], rows));
    }
  });
}

const asText = (filter: Record<string, string | number>) =>
  Object.entries(filter)
    .map(([field, value]) => `${field} ${value}`)
    .join(', ') || 'anything';

/** The images that a saved filter of a campaign or a dataset finds now, as a list that stays. */
export const selectBy = (api: Api, subject: Subject, filter: string): Promise<Selection> =>
  api(postFilterSelection, { params: { subject: subjectText(subject), filter } });
