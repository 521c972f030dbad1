/** `saltworks tag …`: words that images of a dataset are found by. */
import { getFilters, getTags, type ImageFilter, mostNamed, postTags } from '@saltworks/contract/api/filters';
import { getDatasetImages } from '@saltworks/contract/api/mask-sets';
import { getCampaignTasks } from '@saltworks/contract/api/tasks';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command } from 'commander';
import type { Api } from '../api.ts';
import { campaignAt } from '../campaigns.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';
import { table } from '../table.ts';

const ofArgument = ['<of>', 'a campaign or a dataset; campaign:ID or dataset:NAME where both are called so'] as const;

export function tagCommand(): Command {
  const command = new Command('tag').description('words that images are found by').addHelpText(
    'after',
    `
Tags belong to the images of a dataset: all its campaigns show the same.

Examples:
  saltworks tag set street night --image a.jpg b.jpg
  saltworks tag set street look-again --filter unsure
  saltworks tag rm street night --all
  saltworks tag ls street`,
  );
  for (const [word, set, description] of [
    ['set', true, 'set a tag of images'],
    ['rm', false, 'take a tag from images'],
  ] as const) {
    command
      .command(word)
      .description(description)
      .argument(...ofArgument)
      .argument('<tag>', 'one line, at most 60 characters')
      .option('--image <name...>', 'names of images')
      .option('--filter <name>', 'all that fit this saved filter now')
      .option('--all', 'all images')
      .option('--json', 'one JSON document instead of text')
      .action((of: string, tag: string, flags: Flags) => change(of, { tag, set }, flags));
  }
  command
    .command('ls')
    .description('the tags, and how many images have each')
    .argument(...ofArgument)
    .option('--json', 'JSON, one document a line')
    .action((of: string, { json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const tags = await api(getTags, { params: { subject: subjectText(await findSubject(api, of)) } });
        if (json) for (const tag of tags) console.log(JSON.stringify(tag));
        else if (tags.length > 0)
          console.log(
            table(
              ['tag', 'images'],
              tags.map(({ tag, images }) => [tag, images] as const),
            ),
          );
      }),
    );
  return command;
}

interface Flags {
  image?: string[];
  filter?: string;
  all?: boolean;
  json?: boolean;
}

async function change(
  of: string,
  asked: { tag: string; set: boolean },
  { image, filter, all, json }: Flags,
): Promise<void> {
  if ([image, filter, all].filter((each) => each !== undefined).length !== 1) {
    throw new InvalidInputError('which images; expected one of --image, --filter and --all');
  }
  await withApi(json, async (api) => {
    const subject = await findSubject(api, of);
    const which = image
      ? { images: await numbersOf(api, subject, image) }
      : { filter: filter === undefined ? {} : await filterNamed(api, subject, filter) };
    const { images } = await api(postTags, { params: { subject: subjectText(subject) }, body: { ...asked, ...which } });
    if (json) return console.log(JSON.stringify({ ...asked, images }));
    console.log(`${asked.tag}: ${asked.set ? 'set of' : 'taken from'} ${images} image${images === 1 ? '' : 's'}`);
  });
}

async function filterNamed(api: Api, subject: Subject, name: string): Promise<ImageFilter> {
  const filters = await api(getFilters, { params: { subject: subjectText(subject) } });
  const found = filters.find((each) => each.name === name);
  if (found) return found.filter as ImageFilter;
  throw new InvalidInputError(`no filter ${name}; expected one of: saltworks filter ls ${subjectText(subject)}`);
}

/** Numbers of images in their dataset, by names. @throws InvalidInputError if one is missing */
async function numbersOf(api: Api, subject: Subject, names: readonly string[]): Promise<number[]> {
  if (names.length > mostNamed)
    throw new InvalidInputError(`${names.length} images; expected at most ${mostNamed}, or --filter`);
  const found: number[] = [];
  for (const name of names) found.push(await numberOf(api, subject, name));
  return found;
}

async function numberOf(api: Api, { kind, name: of }: Subject, name: string): Promise<number> {
  for (let after: string[] = []; ; ) {
    const query: [string, string][] = [
      ['name', name],
      ['limit', '200'],
      ...after.map((each): [string, string] => ['after', each]),
    ];
    const { items, next } =
      kind === 'campaign'
        ? await api(getCampaignTasks, { ...campaignAt(of), query })
        : await api(getDatasetImages, { params: { dataset: of }, query });
    for (const item of items) {
      if ('image' in item ? item.image.name === name : item.name === name || item.also?.includes(name)) {
        return 'image' in item ? item.image.id : item.id;
      }
    }
    if (next === null) throw new InvalidInputError(`no image ${name}; expected one of ${of}`);
    after = [next];
  }
}
