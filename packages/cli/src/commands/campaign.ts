/** `saltworks campaign …`: people annotate the images of a dataset. */

import { readFileSync } from 'node:fs';
import {
  type Campaign,
  type CampaignStart,
  campaignDefaults,
  getCampaign,
  getCampaignProgress,
  getCampaigns,
  patchCampaign,
  postCampaigns,
  shownCampaigns,
} from '@saltworks/contract/api/campaigns';
import { postCampaignPreparation } from '@saltworks/contract/api/runs';
import { getCampaignPace } from '@saltworks/contract/api/tasks';
import { defaultThresholds } from '@saltworks/contract/documents/comparisons';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysText } from '@saltworks/contract/keys-text';
import { defaultBackbone } from '@saltworks/contract/kinds';
import type { SegmentOptions } from '@saltworks/contract/options';
import { presets } from '@saltworks/core/options';
import { Command, Option } from 'commander';
import { sharedName } from '../backbones.ts';
import { campaignAt } from '../campaigns.ts';
import { readCategories } from '../categories.ts';
import { type KeysFlags, parseFromTo, parseWhole, strokesOption, withKeysOptions } from '../options.ts';
import { preparationOf, preparationText, waitForTasks } from '../preparation.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';
import { attributesCommand } from './attributes.ts';
import { classesCommand } from './classes.ts';
import { selectBy } from './filter.ts';
import { firstCommand } from './first.ts';
import { invitationCommands } from './invitations.ts';
import { measureCommands } from './measures.ts';
import { memberCommands } from './members.ts';
import { reserveCommand } from './reserve.ts';
import { shelfCommands } from './shelf.ts';
import { skippedCommand } from './skipped.ts';
import { workCommand } from './work.ts';

export function campaignCommand(): Command {
  const command = new Command('campaign').description('people annotate the images of a dataset').addHelpText(
    'after',
    `
Examples:
  saltworks campaign create street --dataset street --categories "car,person,road:stuff" --annotators 2 --wait
  saltworks campaign assign street ann@example.org bob@example.org
  saltworks campaign status street
  saltworks campaign work street --state sent_back
  saltworks campaign skipped street
  saltworks campaign agreement street
  saltworks campaign consensus street --weights reliability
  saltworks campaign export street --format coco-panoptic --out out`,
  );
  const creating = withKeysOptions(settingOptions(command.command('create')))
    .description('make a campaign over a dataset; keys that are missing are computed')
    .argument('<id>', 'a-z, 0-9 and -')
    .requiredOption('--dataset <name>', 'whose images are annotated')
    .requiredOption('--categories <list>', 'the labels: "cat,dog,sky:stuff", or a .json file')
    .addOption(new Option('--preset <name>', 'how masks are made').choices(Object.keys(presets)).default('best'))
    .addOption(new Option('--order <which>', 'in which images come').choices(['import', 'random']).default('import'))
    .addOption(
      new Option(
        '--start <what>',
        "what images begin with, to be corrected: nothing, their dataset's known masks, or predictions",
      )
        .choices(['none', 'known', 'predicted'])
        .default('none'),
    )
    .addOption(
      new Option('--other-classes <how>', 'with --start: classes of these masks that the campaign lacks')
        .choices(['refuse', 'background'])
        .default('refuse'),
    )
    .option(
      '--masks <set>',
      'with --start predicted: the set of masks to begin with, such as build.ID or campaign-NAME.ID (default: what prelabel predicted last)',
    )
    .option('--filter <name>', 'of the images alone that this filter of the dataset finds now (saltworks filter)')
    .option('--wait', 'until all images can be annotated')
    .addHelpText(
      'after',
      `
Of the labels, all are things that can be counted unless ":stuff" says otherwise. Colours that colour-blind people can tell
apart are chosen. A .json file is a list of names, or of {"name", "id", "colour", "isthing"}.

With --start known an image that has a known mask begins with it: hand it in as it is, or correct it. Segments take classes by
name; all other pixels are background. What it began with is no stroke of anybody, and lineage says that it was imported.
With --start predicted it begins with the mask that saltworks prelabel predicted of it, as it is when the image is given out, or with
that of a build; lineage says that it was predicted.

Examples:
  saltworks campaign create pets --dataset pets --categories "cat,dog,grass:stuff" --annotators 2 --honeypots 0.1
  saltworks campaign create check --dataset pets --categories "cat,dog" --start known --other-classes background
  saltworks campaign create rest --dataset pets --categories "cat,dog,grass:stuff" --start predicted`,
    );
  creating.action(create);
  command
    .command('ls')
    .description('the campaigns')
    .addOption(
      new Option('--show <which>', 'those in use, in the archive, or deleted and not gone yet')
        .choices(shownCampaigns.options)
        .default('current'),
    )
    .option('--json', 'JSON, one document a line')
    .action(list);
  command
    .command('status')
    .description('how far a campaign is')
    .argument('<id>', 'of the campaign')
    .option('--wait', 'until all images can be annotated')
    .option('--json', 'one JSON document instead of text')
    .action(status);
  command
    .command('prepare')
    .description('prepare the images that cannot be annotated yet, after that failed or when the dataset has grown')
    .argument('<id>', 'of the campaign')
    .option('--wait', 'until all images can be annotated')
    .action(prepare);
  settingOptions(command.command('set'))
    .description('change a campaign, running or not')
    .argument('<id>', 'of the campaign')
    .addOption(new Option('--state <name>', 'what it is from now on').choices(['open', 'paused', 'closed']))
    .addHelpText('after', '\nExample: saltworks campaign set pets --state paused')
    .action(change);
  for (const more of [
    classesCommand(),
    attributesCommand(),
    workCommand(),
    firstCommand(),
    reserveCommand(),
    skippedCommand(),
    ...memberCommands(),
    ...invitationCommands(),
    ...shelfCommands(),
    ...measureCommands(),
  ])
    command.addCommand(more);
  return command;
}

/** Options that `create` takes and `set` can change. */
const settingOptions = (command: Command): Command =>
  command
    .option('--name <text>', 'what people read (default: the id)')
    .option('--instructions <file>', 'what annotators are told, Markdown')
    .option('--annotators <n>', 'wanted for each image (default: 1)', parseWhole(1))
    .option('--honeypots <rate>', 'how often an image comes whose mask is known (default: 0)', parseFromTo(0, 1))
    .option('--deadline <time>', 'after which no image is given out, ISO 8601; "none" takes it away')
    .option(
      '--lease <seconds>',
      `for which an image is held without a sign of life (default: ${campaignDefaults.leaseSeconds})`,
      parseWhole(5),
    )
    .option(
      '--gate-worse <x>',
      `mean IoU that known and accepted masks may lose in a re-labelling without a look (default: ${defaultThresholds.worse})`,
      parseFromTo(0, 1),
    )
    .option(
      '--gate-changed <y>',
      `how far segments may change without a look, 1 − mean IoU (default: ${defaultThresholds.changed})`,
      parseFromTo(0, 1),
    )
    .addOption(strokesOption())
    .addOption(
      new Option(
        '--unlabelled <how>',
        'images with pixels that belong to no segment, when they are handed in (default: allow)',
      ).choices(['allow', 'refuse']),
    )
    .addOption(
      new Option(
        '--corpus <how>',
        "whether what strokes on all images teach joins each image's own: on takes what prelabel taught last, and again a newer (default: off)",
      ).choices(['on', 'off']),
    )
    .option('--json', 'one JSON document instead of text');

interface SettingFlags {
  name?: string;
  instructions?: string;
  annotators?: number;
  honeypots?: number;
  deadline?: string;
  lease?: number;
  strokes?: SegmentOptions['strokes'];
  gateWorse?: number;
  gateChanged?: number;
  unlabelled?: Campaign['unlabelled'];
  corpus?: Campaign['corpus'];
  json?: boolean;
}

interface CreateFlags extends SettingFlags, KeysFlags {
  dataset: string;
  categories: string;
  preset: Campaign['preset'];
  order: Campaign['ordering'];
  start: 'none' | CampaignStart['from'];
  masks?: string;
  otherClasses: CampaignStart['others'];
  filter?: string;
  wait?: boolean;
}

async function create(id: string, flags: CreateFlags): Promise<void> {
  const { dataset, layer, facet, longSide, codec, preset, order, start, masks, otherClasses, filter, wait, json } =
    flags;
  if (masks !== undefined && start !== 'predicted')
    throw new InvalidInputError(`--masks ${masks} with --start ${start}; expected --start predicted`);
  const body = {
    ...settingsOf(flags),
    ...{ id, name: flags.name ?? id, dataset, preset, ordering: order },
    start: start === 'none' ? null : { from: start, others: otherClasses, masks },
    ...{ backbone: await sharedName(flags.backbone), layer, facet, longSide, codec },
    categories: await readCategories(flags.categories),
  };
  await withApi(json, async (api, line) => {
    const subject = { kind: 'dataset', name: dataset } as const;
    const selection = filter === undefined ? undefined : await selectBy(api, subject, filter);
    const made = await api(postCampaigns, { body: { ...body, selection: selection?.id } });
    if (wait) await waitForTasks(api, id, line);
    if (json) console.log(JSON.stringify(made));
    else {
      const keys = keysText(made);
      console.log(`campaign ${made.id} on ${made.dataset}${keys === defaultBackbone ? '' : ` (keys: ${keys})`}:`);
      if (selection) console.log(`images: the ${selection.images} that ${filter} finds now, and no others`);
      console.log(describeCategories(made));
      if (!wait) console.log('its images become tasks as fast as their keys are computed: saltworks campaign status');
    }
  });
}

interface ListFlags {
  show: (typeof shownCampaigns.options)[number];
  json?: boolean;
}

async function list({ show, json }: ListFlags): Promise<void> {
  await withApi(json, async (api) => {
    const campaigns = await api(getCampaigns, { query: { show } });
    if (json) for (const campaign of campaigns) console.log(JSON.stringify(campaign));
    else if (campaigns.length > 0) {
      const rows = campaigns.map(
        ({ id, state, dataset, annotators, categories, name }) =>
          [id, state, dataset, annotators, categories.length, name] as const,
      );
      console.log(table(['campaign', 'state', 'dataset', 'annotators', 'labels', 'name'], rows));
    }
  });
}

async function status(id: string, { wait, json }: { wait?: boolean; json?: boolean }): Promise<void> {
  await withApi(json, async (api, line) => {
    const campaign = await api(getCampaign, campaignAt(id));
    if (wait) await waitForTasks(api, id, line);
    const progress = await api(getCampaignProgress, campaignAt(id));
    const { lastHour: hour, lastDay: day } = await api(getCampaignPace, campaignAt(id));
    const pace = { hour, day };
    const preparation = progress.filled ? null : await preparationOf(api, id);
    if (json) return console.log(JSON.stringify({ id, state: campaign.state, ...progress, preparation, pace }));
    const { filled, tasks, done, accepted, skipped, assignments } = progress;
    const { name, state, annotators, deadline } = campaign;
    const share = tasks === 0 ? '' : ` (${Math.round((100 * done) / tasks)} %)`;
    const waiting = assignments.submitted ?? 0;
    console.log(`${id}: ${name}, ${state}${deadline ? `, until ${deadline}` : ''}`);
    console.log(`images       ${done} of ${tasks} handed in${share}, ${accepted} accepted`);
    if (!filled) console.log('             more to come as keys are computed');
    if (waiting > 0) console.log(`review       ${waiting} mask${waiting === 1 ? ' waits' : 's wait'} for it`);
    if (skipped > 0) console.log(`skipped      ${skipped}, and still wanted: saltworks campaign skipped ${id}`);
    if (preparation) console.log(`preparation  ${preparationText(id, preparation)}`);
    console.log(`wanted       ${annotators} annotator${annotators === 1 ? '' : 's'} an image`);
    console.log(`keys         ${keysText(campaign)}`);
    const states = Object.entries(assignments).sort();
    console.log(
      `assignments  ${states.map(([word, count]) => `${count} ${word.replace('_', ' ')}`).join(', ') || 'none yet'}`,
    );
    console.log(`handed in    ${pace.hour} in the last hour, ${pace.day} in the last day`);
  });
}

async function prepare(id: string, { wait }: { wait?: boolean }): Promise<void> {
  await withApi(false, async (api, line) => {
    await api(postCampaignPreparation, campaignAt(id));
    if (wait) await waitForTasks(api, id, line);
    else console.log(`preparation  ${preparationText(id, await preparationOf(api, id))}`);
  });
}

async function change(id: string, flags: SettingFlags & { state?: Campaign['state'] }): Promise<void> {
  const { json, state, name } = flags;
  const body = { ...settingsOf(flags), name, state };
  if (Object.values(body).every((value) => value === undefined))
    throw new InvalidInputError('nothing to change; expected an option, see --help');
  await withApi(json, async (api) => {
    const changed = await api(patchCampaign, { ...campaignAt(id), body });
    if (json) return console.log(JSON.stringify(changed));
    const { name, state, annotators, honeypotRate, leaseSeconds, deadline, strokes, unlabelled } = changed;
    const { gateWorse, gateChanged, solve } = changed;
    const heard = solve.corpus === undefined ? '' : `, hears the corpus (prior ${solve.corpus.slice(0, 16)})`;
    const until = deadline ? `, until ${deadline}` : '';
    const honeypots = honeypotRate > 0 ? `, ${honeypotRate} honeypots` : '';
    console.log(
      `${id}: ${name}, ${state}${until}: ${annotators} an image${honeypots}, leases of ${leaseSeconds} s, strokes ${strokes}${unlabelled === 'refuse' ? ', nothing unlabelled' : ''}${heard}, gate ${gateWorse} worse and ${gateChanged} changed`,
    );
  });
}

/** Options under the API's names; absent options are left out. */
function settingsOf({
  instructions,
  annotators,
  honeypots,
  deadline,
  lease,
  strokes,
  gateWorse,
  gateChanged,
  unlabelled,
  corpus,
}: SettingFlags) {
  return {
    instructions: instructions === undefined ? undefined : readText(instructions),
    annotators,
    honeypotRate: honeypots,
    deadline: deadline === undefined ? undefined : timeOf(deadline),
    leaseSeconds: lease,
    strokes,
    gateWorse,
    gateChanged,
    unlabelled,
    corpus,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`${file}: ${(error as Error).message}`);
  }
}

function timeOf(text: string): string | null {
  if (text === 'none') return null;
  const time = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidInputError(`--deadline ${text}; expected a time like 2030-12-31T18:00:00Z, or none`);
  }
  return time.toISOString();
}

const describeCategories = ({ categories }: Campaign) =>
  table(
    ['id', 'label', 'colour', ''],
    categories.map(({ id, name, colour, isthing }) => [id, name, colour, isthing ? 'thing' : 'stuff']),
  );
