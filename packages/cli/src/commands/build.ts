/** `saltworks build`: what a campaign or a dataset shows, where it comes from, shown and taken back. */
import {
  type BuildImageInfo,
  type BuildInfo,
  getBuild,
  getBuildImage,
  getBuildShown,
  postBuildPromote,
  postBuildReject,
  postBuildRollback,
} from '@saltworks/contract/api/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysText } from '@saltworks/contract/keys-text';
import { keysId } from '@saltworks/contract/layout';
import { Command } from 'commander';
import { buildNamed, buildsOf } from '../builds.ts';
import { readInput } from '../files.ts';
import { parseWhole } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';
import { table } from '../table.ts';
import { diffCommand } from './build-diff.ts';
import { rebuildCommand } from './rebuild.ts';

const named = (command: Command): Command =>
  command.argument('<name>', 'a campaign or a dataset').option('--json', 'JSON, one document a line');

export function buildCommand(): Command {
  const command = new Command('build').description('all masks that are shown at one moment').addHelpText(
    'after',
    `
Examples:
  saltworks build ls pets
  saltworks build show pets --image 12
  saltworks build promote pets 0123456789abcdef
  saltworks build promote pets 0123456789abcdef --only 12,40
  saltworks build rollback pets

Where a campaign and a dataset share a name, the campaign is meant; dataset:NAME says otherwise.`,
  );
  command.addCommand(named(new Command('ls')).description('builds, the newest first').action(list));
  command.addCommand(
    named(new Command('show'))
      .description('a build, or where its mask of an image comes from')
      .argument('[build]', 'its id, or the first digits (default: what is shown)')
      .option('--image <n>', 'the number of an image in the dataset', parseWhole(0))
      .action(show),
  );
  command.addCommand(
    named(new Command('promote'))
      .description('show a build: the strokes stay as they are, and newer ones show')
      .argument('<build>', 'its id, or the first digits')
      .option('--only <ids|file>', 'these images of it: 12,40 or a file that lists them')
      .option('--except <ids|file>', 'all but these')
      .addHelpText(
        'after',
        `
Of some images a build of its own is made; all others stay as they are shown. Annotators draw on the keys of what is shown;
whoever has an image open goes on as before.`,
      )
      .action(promote),
  );
  command.addCommand(
    named(new Command('reject'))
      .description('take none of a build that waits for a look')
      .argument('<build>', 'its id, or the first digits')
      .action(reject),
  );
  command.addCommand(
    named(new Command('rollback'))
      .description('show the build of before again: one step, nothing is computed')
      .action(rollback),
  );
  command.addCommand(diffCommand());
  command.addCommand(rebuildCommand());
  return command;
}

interface Flags {
  json?: boolean;
}

async function list(name: string, { json }: Flags): Promise<void> {
  await withApi(json, async (api) => {
    const rows: BuildInfo[] = [];
    for await (const build of buildsOf(api, subjectText(await findSubject(api, name)))) {
      if (json) console.log(JSON.stringify(build));
      else rows.push(build);
    }
    if (json) return;
    if (rows.length === 0) console.log(`no build of ${name} yet: relabel and exports make the first`);
    else {
      const head = ['build', 'state', 'made', 'images', 'kept', 'settings', 'why', 'by'];
      console.log(
        table(
          head,
          rows.map((row) => [
            ...[
              row.id,
              stateOf(row),
              minute(row.made),
              row.images,
              row.kept,
              settingsText(row),
              row.why,
              row.by ?? '–',
            ],
          ]),
        ),
      );
    }
  });
}

async function show(name: string, given: string | undefined, { image, json }: Flags & { image?: number }) {
  await withApi(json, async (api) => {
    const subject = subjectText(await findSubject(api, name));
    const build = await buildNamed(api, { name, subject }, given);
    if (image !== undefined) {
      const found = await api(getBuildImage, { params: { subject, build, image: String(image) } });
      console.log(json ? JSON.stringify(found) : lineageText(build, found));
      return;
    }
    const found = await api(getBuild, { params: { subject, build } });
    console.log(json ? JSON.stringify(found) : buildText(found));
  });
}

async function promote(
  name: string,
  given: string,
  { only, except, json }: Flags & { only?: string; except?: string },
): Promise<void> {
  if (only !== undefined && except !== undefined)
    throw new InvalidInputError('--only and --except; expected one of them');
  const body = {
    ...(only !== undefined && { take: await readIds(only) }),
    ...(except !== undefined && { keep: await readIds(except) }),
  };
  await withApi(json, async (api) => {
    const subject = subjectText(await findSubject(api, name));
    const build = await buildNamed(api, { name, subject }, given);
    const shown = await api(postBuildPromote, { params: { subject, build }, body });
    if (json) console.log(JSON.stringify(shown));
    else console.log(`${name} shows build ${shown.id}${shown.id === build ? '' : `, in part of ${build}`}`);
  });
}

async function reject(name: string, given: string, { json }: Flags): Promise<void> {
  await withApi(json, async (api) => {
    const subject = subjectText(await findSubject(api, name));
    const build = await buildNamed(api, { name, subject }, given);
    const rejected = await api(postBuildReject, { params: { subject, build } });
    console.log(json ? JSON.stringify(rejected) : `build ${build} is rejected; its masks stay`);
  });
}

async function rollback(name: string, { json }: Flags): Promise<void> {
  await withApi(json, async (api) => {
    const params = { subject: subjectText(await findSubject(api, name)) };
    const { build: from } = await api(getBuildShown, { params });
    const shown = await api(postBuildRollback, { params, body: from ? { from: from.id } : {} });
    console.log(json ? JSON.stringify(shown) : `${name} shows build ${shown.id} again, as before ${from?.id}`);
  });
}

/** Numbers of images: as a list, or in a file, apart by commas or blanks. */
async function readIds(given: string): Promise<number[]> {
  const listed = /^[0-9]+(,[0-9]+)*$/.test(given);
  const text = listed ? given : new TextDecoder().decode(await readInput(given));
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const wrong = words.find((word) => !/^[0-9]{1,9}$/.test(word));
  if (wrong !== undefined || words.length === 0) {
    throw new InvalidInputError(
      `${given}: ${wrong === undefined ? 'no image' : `"${wrong}"`}; expected numbers of images`,
    );
  }
  return words.map(Number);
}

const stateOf = ({ state, current }: BuildInfo) => (current ? 'shown now' : state === 'shown' ? 'shown before' : state);
const minute = (time: string) => time.slice(0, 16).replace('T', ' ');
const settingsText = ({ settings }: BuildInfo) =>
  settings === null ? 'unknown' : `${keysText(settings)}, ${settings.preset}`;

function buildText(build: BuildInfo): string {
  const { id, subject, dataset, base, why, by, made, shown, images, kept, settings, gate } = build;
  const lines = [
    `build ${id} of ${subject.kind} ${subject.name}: ${stateOf(build)}`,
    `  ${images} images of ${dataset}${kept > 0 ? `, ${kept} of them kept` : ''}`,
    `  ${why}${by === null ? '' : ` by ${by}`}, ${minute(made)}${base === null ? '' : `, over ${base}`}`,
    ...(shown === null ? [] : [`  last shown ${minute(shown)}`]),
    `  made with ${settingsText(build)}${settings === null ? '' : ` (keys ${settings.keys}, code ${settings.code ?? 'of an earlier version'})`}`,
  ];
  if (gate) lines.push(`  gate: ${gate.open ? 'open' : 'holds'}`, ...gate.reasons.map((reason) => `    ${reason}`));
  return lines.join('\n');
}

function lineageText(
  build: string,
  { id, name, mask, origin, corrected, drawings, consensus, kept, offered, settings }: BuildImageInfo,
): string {
  const lines = [
    `image ${id}, ${name}, in build ${build}`,
    `  mask ${mask}${kept === undefined ? '' : `, kept: ${kept}`}${offered === undefined ? '' : `, offered ${offered}`}`,
  ];
  if (origin !== 'drawn') lines.push(`  origin ${origin}, ${corrected ? 'corrected' : 'as it was'}`);
  for (const { strokes, by, correctedBy, assignment, n, weight } of drawings) {
    const whose = by === undefined ? '' : ` by ${by}${correctedBy ? `, corrected by ${correctedBy.join(', ')}` : ''}`;
    const where = assignment === undefined ? '' : `, ${n} interactions of assignment ${assignment}`;
    const share = consensus && weight !== undefined ? `, weight ${weight}` : '';
    lines.push(`  strokes ${strokes}${whose}${where}${share}`);
  }
  if (drawings.length === 0) lines.push('  strokes: not known any more');
  if (settings === null) lines.push('  settings: not known any more');
  else {
    const { extract, keys, preset, recipe, code } = settings;
    const file = keys === undefined ? '' : ` of the file ${keys.sha256}`;
    lines.push(`  keys ${keysId(extract.backbone, extract)}: ${keysText(extract)}${file}`);
    lines.push(
      `  settings ${preset}${recipe === '' ? '' : `, recipe ${recipe}`}, code ${code ?? 'of an earlier version'}`,
    );
  }
  return lines.join('\n');
}
