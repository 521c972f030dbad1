/** `saltworks tag …`: words that images of a dataset are found by. */
import { getTags, postTags } from '@saltworks/contract/api/filters';
import { Command } from 'commander';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';
import { table } from '../table.ts';
import { expectOne, imagesAsked, type WhichImages } from '../which-images.ts';

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

interface Flags extends WhichImages {
  json?: boolean;
}

async function change(
  of: string,
  asked: { tag: string; set: boolean },
  { image, filter, all, json }: Flags,
): Promise<void> {
  expectOne({ image, filter, all });
  await withApi(json, async (api) => {
    const subject = await findSubject(api, of);
    const which = await imagesAsked(api, subject, { image, filter });
    const { images } = await api(postTags, { params: { subject: subjectText(subject) }, body: { ...asked, ...which } });
    if (json) return console.log(JSON.stringify({ ...asked, images }));
    console.log(`${asked.tag}: ${asked.set ? 'set of' : 'taken from'} ${images} image${images === 1 ? '' : 's'}`);
  });
}
