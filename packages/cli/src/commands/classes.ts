/** `saltworks campaign classes`: the classes of a running campaign, and their versions. */
import type { LabelCategory } from '@saltworks/contract/api/campaigns';
import { postCampaignPictures } from '@saltworks/contract/api/class-pictures';
import { getCampaignSchema, type LabelSchema, putCampaignSchema } from '@saltworks/contract/api/label-schemas';
import { InvalidInputError } from '@saltworks/contract/errors';
import { freeColour } from '@saltworks/core/screen/colours';
import { Command } from 'commander';
import { campaignAt, namesOf } from '../campaigns.ts';
import { readCategories } from '../categories.ts';
import { changePictures, expectPictures } from '../class-pictures.ts';
import { gather, split } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

export const classesCommand = (): Command =>
  new Command('classes')
    .description(
      'the classes of a campaign; adds, renames, merges, describes, retires and restores some, running or not',
    )
    .argument('<id>', 'of the campaign')
    .option(
      '--add <list>',
      'more classes: "bus,sky:stuff", or a .json file of names or of {"name", "isthing"}; colours are chosen',
    )
    .option('--rename <name=new>', 'another name, also of what was drawn; may be repeated', gather)
    .option('--merge <name=into>', 'what was drawn of it counts as another class from now on; may be repeated', gather)
    .option('--key <name=key>', 'digit or letter that, after a comma, begins a segment of it; may be repeated', gather)
    .option('--colour <name=#rrggbb>', 'another colour; may be repeated', gather)
    .option('--describe <name=text>', 'what belongs to it, for annotators; may be repeated', gather)
    .option('--picture <name=file>', 'a JPEG, PNG or WebP that shows one, for annotators; may be repeated', gather)
    .option('--alt <name=n:text>', 'what its nth picture shows, for those who do not see it; may be repeated', gather)
    .option('--remove-picture <name=n>', 'without its nth picture, as numbered before; may be repeated', gather)
    .option('--retire <name>', 'no longer offered; it stays in what was drawn; may be repeated', gather)
    .option('--restore <name>', 'offered again; may be repeated', gather)
    .option('--versions', 'all versions: when each was made, by whom, and what it changed')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
All that is asked for becomes one new version; pages that are open offer its classes at once. Other options name classes as they
are before it. Kinds stay: a thing is merged into things only. --restore brings a merged class back, with all that was drawn of it.
Exports have the current version, or that of --schema. A class has up to 4 pictures, numbered from 1; they are kept small, without
what else their files say.

Example: saltworks campaign classes street --add "tram,bus" --retire van --describe "tram=on rails; buses have no rails"
         saltworks campaign classes street --rename "auto=car" --merge "van=car" --key "car=c"
         saltworks campaign classes street --picture "tram=tram.jpg" --alt "tram=1:a tram at its stop"`,
    )
    .action(classes);

interface Flags {
  add?: string;
  rename?: string[];
  merge?: string[];
  key?: string[];
  colour?: string[];
  describe?: string[];
  picture?: string[];
  alt?: string[];
  removePicture?: string[];
  retire?: string[];
  restore?: string[];
  versions?: boolean;
  json?: boolean;
}

async function classes(id: string, { versions, json, ...flags }: Flags): Promise<void> {
  const added = flags.add === undefined ? [] : await readCategories(flags.add);
  await withApi(json, async (api) => {
    const all = await api(getCampaignSchema, campaignAt(id));
    const [now] = all;
    const categories = changed(now.categories, added, flags);
    // Named as they were before.
    const names = [...now.categories, ...added].map(({ name }) => name);
    await changePictures(await expectPictures(names, categories, flags), (body) =>
      api(postCampaignPictures, { ...campaignAt(id), body }),
    );
    const schema = Object.values(flags).some((flag) => flag !== undefined)
      ? await api(putCampaignSchema, { ...campaignAt(id), body: { after: now.version, categories } })
      : now;
    const made = schema.version > now.version ? [schema, ...all] : all;
    if (json) return console.log(JSON.stringify(versions ? made : schema));
    if (versions) return console.log(versionsTable(made, await namesOf(api, id)));
    console.log(`version ${schema.version}${schema.version === now.version ? '' : `, after ${now.version}`}`);
    console.log(
      table(
        ['id', 'label', 'key', 'colour', '', '', 'description', 'pictures'],
        schema.categories.map((category) => {
          const {
            id,
            name,
            shortcut = '',
            colour,
            isthing,
            retired,
            merged,
            description = '',
            pictures = [],
          } = category;
          const into = schema.categories.find((other) => other.id === merged)?.name;
          const state = into === undefined ? (retired ? 'retired' : '') : `counts as ${into}`;
          return [id, name, shortcut, colour, isthing ? 'thing' : 'stuff', state, description, pictures.length || ''];
        }),
      ),
    );
  });
}

/** @throws InvalidInputError for a class that is not there, or is there already */
function changed(
  before: readonly LabelCategory[],
  added: readonly LabelCategory[],
  { rename = [], merge = [], key = [], colour = [], describe = [], retire = [], restore = [] }: Flags,
): LabelCategory[] {
  const categories = before.map((category) => ({ ...category }));
  let next = Math.max(...before.map(({ id }) => id)) + 1;
  for (const { name, isthing } of added) {
    if (categories.some((category) => category.name === name)) {
      throw new InvalidInputError(`class ${name} is there already; expected another name, or --restore ${name}`);
    }
    categories.push({ id: next++, name, colour: freeColour(categories.map(({ colour }) => colour)), isthing });
  }
  const names = categories.map(({ name }) => name);
  const find = (name: string): LabelCategory => {
    const at = names.indexOf(name);
    if (at >= 0) return categories[at];
    throw new InvalidInputError(`no class ${name}; expected one of ${names.join(', ')}`);
  };
  for (const text of merge) {
    const [name, into] = split(text, '--merge', 'NAME=INTO');
    Object.assign(find(name), { merged: find(into).id, retired: true });
  }
  for (const text of key) {
    const [name, value] = split(text, '--key', 'NAME=KEY');
    if (!/^[0-9a-z]?$/.test(value)) throw new InvalidInputError(`--key ${text}; expected NAME= and one of 0-9, a-z`);
    find(name).shortcut = value === '' ? undefined : value;
  }
  for (const text of colour) {
    const [name, value] = split(text, '--colour', 'NAME=#rrggbb');
    if (!/^#[0-9a-f]{6}$/.test(value)) throw new InvalidInputError(`--colour ${text}; expected NAME=#rrggbb`);
    find(name).colour = value;
  }
  for (const text of describe) {
    const [name, value] = split(text, '--describe', 'NAME=TEXT');
    find(name).description = value === '' ? undefined : value;
  }
  for (const name of retire) find(name).retired = true;
  for (const name of restore) Object.assign(find(name), { retired: undefined, merged: undefined });
  for (const text of rename) {
    const [name, value] = split(text, '--rename', 'NAME=NEW');
    if (value === '') throw new InvalidInputError(`--rename ${text}; expected NAME=NEW`);
    find(name).name = value;
  }
  return categories;
}

const versionsTable = (versions: readonly LabelSchema[], nameOf: (user: string) => string): string =>
  table(
    ['version', 'when', 'by', 'what'],
    versions.map(({ version, at, by, categories, attributes = [], changes }) => [
      ...[version, at, by === null ? '–' : nameOf(by)],
      changes.length === 0
        ? 'the first classes'
        : changes
            .map(({ category, attribute, kind }) =>
              category === undefined
                ? `attribute ${attributes.find(({ id }) => id === attribute)?.name} ${kind}`
                : `${categories.find(({ id }) => id === category)?.name} ${kind}`,
            )
            .join(', '),
    ]),
  );
