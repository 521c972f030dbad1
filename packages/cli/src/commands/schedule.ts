/** `saltworks schedule …`: work at set times. */
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  deleteSchedule,
  type Firing,
  getSchedule,
  getScheduleFirings,
  getSchedules,
  overlapPolicies,
  patchSchedule,
  postSchedules,
  postScheduleTrigger,
  type ScheduleInfo,
  type ScheduleWork,
  scheduleDefaults,
  scheduleKinds,
} from '@saltworks/contract/api/schedules';
import { cadenceOf } from '@saltworks/contract/cadence';
import { InvalidInputError } from '@saltworks/contract/errors';
import { exportFormatNames } from '@saltworks/contract/export-formats';
import { keysText } from '@saltworks/contract/keys-text';
import { facets, presetNames } from '@saltworks/contract/kinds';
import { keepPolicies, promoteModes } from '@saltworks/contract/messages/relabel';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Api } from '../api.ts';
import { megabytes, sharedName } from '../backbones.ts';
import { interruption } from '../interrupt.ts';
import { codecOption, parseFromTo, parseWhole } from '../options.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';
import { table } from '../table.ts';

interface CreateFlags {
  when: string;
  timezone: string;
  overlap: (typeof overlapPolicies)[number];
  catchUp: number | null;
  note?: string;
  paused?: boolean;
  channel?: string;
  backbone?: string;
  layer?: number;
  facet?: (typeof facets)[number];
  longSide?: number;
  codec?: string;
  preset?: (typeof presetNames)[number];
  promote?: (typeof promoteModes)[number];
  keep?: (typeof keepPolicies)[number];
  worse?: number;
  changed?: number;
  weights?: 'reliability' | 'equal';
  format?: (typeof exportFormatNames)[number];
  keepLast?: number;
  source?: string;
  unused?: number;
  older?: number;
  json?: boolean;
}

const examples = `
Examples:
  saltworks schedule create nightly consensus street --when "0 2 * * *" --timezone Europe/Berlin
  saltworks schedule create weekly relabel street --channel stable --when "0 3 * * sun"
  saltworks schedule create hourly import street --source s3://photos/street --when "every 1h" --overlap buffer
  saltworks schedule create snapshots export street --format coco-panoptic --keep-last 7 --when "30 4 * * *"
  saltworks schedule create tidy expire-keys --unused 30 --when "0 5 1 * *"
  saltworks schedule create old-views expire-views --older 90 --when "30 5 1 * *"
  saltworks schedule trigger nightly --wait
  saltworks schedule history nightly`;

export function scheduleCommand(): Command {
  const command = new Command('schedule')
    .description('work at set times: consensus, re-labelling, imports, exports, expiry of keys and views')
    .addHelpText('after', examples);
  command
    .command('create')
    .description('make a schedule')
    .argument('<id>', 'how it is called: a-z, 0-9 and -')
    .addArgument(command.createArgument('<kind>', 'what is done').choices(scheduleKinds))
    .argument('[name]', 'a campaign or a dataset; of expire-keys a dataset, or all without one; of expire-views none')
    .requiredOption(
      '--when <times>',
      '"0 2 * * *" (minute, hour, day of the month, month, day of the week), or "every 6h"',
    )
    .option('--timezone <name>', 'of the IANA, for the fields of --when', scheduleDefaults.timezone)
    .addOption(
      new Option(
        '--overlap <policy>',
        'while the firing before is under way: leave out, wait, end it, or go on beside it',
      )
        .choices(overlapPolicies)
        .default(scheduleDefaults.overlap),
    )
    .option(
      '--catch-up <time>',
      'missed firings are made up for if they are no older: 10s to 366d, or none',
      parseCatchUp,
      scheduleDefaults.catchUp,
    )
    .option('--note <text>', 'what it is for')
    .option('--paused', 'it waits for "schedule resume"')
    .option('--channel <name>', 'relabel: with the newest backbone of this channel')
    .option('--backbone <name|file.onnx>', 'relabel: with this one')
    .option('--layer <n>', 'of --backbone: attention layer, from 0', parseWhole(0))
    .addOption(new Option('--facet <name>', 'of --backbone').choices(facets))
    .option('--long-side <n>', 'of --backbone: size at which it sees images', parseWhole(1))
    .option(...codecOption)
    .addOption(
      new Option('--preset <name>', "relabel: how masks are made (default: the campaign's)").choices(presetNames),
    )
    .addOption(
      new Option('--promote <how>', 'relabel: what becomes of the build (default: auto)').choices(promoteModes),
    )
    .addOption(
      new Option('--keep <which>', 'relabel: masks that stay as they are (default: accepted)').choices(keepPolicies),
    )
    .option('--gate-worse <share>', 'relabel: mean IoU may fall by so much', parseFromTo(0, 1))
    .option('--gate-changed <share>', 'relabel: so far segments may change, 1 − mean IoU', parseFromTo(0, 1))
    .option('--source <source>', 'import: a folder that workers see, s3://bucket/prefix (default: as imported before)')
    .addOption(
      new Option('--weights <which>', 'consensus: how annotators count (default: reliability)').choices([
        'reliability',
        'equal',
      ]),
    )
    .addOption(new Option('--format <name>', 'export: which').choices(exportFormatNames))
    .option('--keep-last <n>', 'export: older exports of this schedule are removed', parseWhole(1))
    .option('--unused <days>', 'expire-keys: for which nobody used a set (default: 30)', parseWhole(0))
    .option('--older <days>', 'expire-views: since they were made (default: 90)', parseWhole(0))
    .option('--json', 'one JSON document instead of text')
    .addHelpText('after', examples)
    .action(create);
  command
    .command('ls')
    .description('the schedules: when they fire next, and how they went last')
    .option('--json', 'JSON, one document a line')
    .addHelpText('after', '\nExample: saltworks schedule ls')
    .action(list);
  for (const [name, description, paused] of [
    ['pause', 'it fires no more until it is resumed; what is under way goes on', true],
    ['resume', 'it fires again', false],
  ] as const) {
    command
      .command(name)
      .description(description)
      .argument('<id>', 'of the schedule')
      .option('--json', 'one JSON document instead of text')
      .addHelpText('after', `\nExample: saltworks schedule ${name} nightly`)
      .action((id: string, { json }: { json?: boolean }) => pause(id, paused, json));
  }
  command
    .command('trigger')
    .description('fire once, now, paused or not')
    .argument('<id>', 'of the schedule')
    .option('--wait', 'until it is over; exit code 1 if it failed')
    .option('--json', 'with --wait: one JSON document instead of text')
    .addHelpText('after', '\nExample: saltworks schedule trigger nightly --wait')
    .action(trigger);
  command
    .command('rm')
    .description('remove a schedule with its history; what it made stays')
    .argument('<id>', 'of the schedule')
    .addHelpText('after', '\nExample: saltworks schedule rm nightly')
    .action(remove);
  command
    .command('history')
    .description('its firings, the newest first: what came of each, and why')
    .argument('<id>', 'of the schedule')
    .option('--limit <n>', 'firings', parseFromTo(1, 10_000), 20)
    .option('--json', 'JSON, one document a line')
    .addHelpText('after', '\nExample: saltworks schedule history nightly --limit 100 --json')
    .action(history);
  return command;
}

/** @throws InvalidInputError unless the text can be a schedule's id */
function scheduleAt(id: string): { params: { schedule: string } } {
  if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) return { params: { schedule: id } };
  throw new InvalidInputError(`schedule "${id}"; expected a-z, 0-9 and -, at most 64`);
}

function parseCatchUp(text: string): number | null {
  if (text === 'none') return null;
  try {
    const cadence = cadenceOf(`every ${text}`);
    if ('seconds' in cadence && cadence.seconds >= 10) return cadence.seconds;
  } catch {
    // Said below, in the words of this option.
  }
  throw new InvalidArgumentError('Expected 10s to 366d (12h, 2d), or none.');
}

async function create(id: string, kind: ScheduleWork['kind'], name: string | undefined, flags: CreateFlags) {
  const { when, timezone, overlap, catchUp, note = '', paused = false, json } = flags;
  const at = scheduleAt(id);
  // Refused before a stack starts.
  cadenceOf(when);
  await withApi(json, async (api) => {
    const work = await workOf(api, kind, name, flags);
    const made = await api(postSchedules, {
      body: { id: at.params.schedule, work, when, timezone, overlap, catchUp, note, paused },
    });
    console.log(json ? JSON.stringify(made) : `${describe(made)}\n${nextText(made)}`);
  });
}

/** The flags that kinds of work take. */
const flagsOf: Record<ScheduleWork['kind'], readonly (keyof CreateFlags)[]> = {
  relabel: [
    'channel',
    'backbone',
    'layer',
    'facet',
    'longSide',
    'codec',
    'preset',
    'promote',
    'keep',
    'worse',
    'changed',
  ],
  import: ['source'],
  consensus: ['weights'],
  export: ['format', 'keepLast'],
  'expire-keys': ['unused'],
  'expire-views': ['older'],
};

async function workOf(api: Api, kind: ScheduleWork['kind'], name: string | undefined, given: CreateFlags) {
  const flags = given as CreateFlags & { gateWorse?: number; gateChanged?: number };
  const named = { ...flags, worse: flags.gateWorse, changed: flags.gateChanged };
  for (const [other, theirs] of Object.entries(flagsOf)) {
    const wrong = other === kind ? undefined : theirs.find((flag) => named[flag] !== undefined);
    if (wrong) throw new InvalidInputError(`${optionOf(wrong)} of ${kind}; expected it of ${other} only`);
  }
  if (kind === 'expire-keys') return { kind, dataset: name, unused: flags.unused };
  if (kind === 'expire-views') {
    if (name !== undefined) throw new InvalidInputError(`expire-views of ${name}; expected no name: views are of all`);
    return { kind, older: flags.older };
  }
  if (name === undefined) throw new InvalidInputError(`${kind} of nothing; expected a campaign or a dataset`);
  if (kind === 'consensus') return { kind, campaign: name, weights: flags.weights };
  if (kind === 'import') return { kind, dataset: name, source: sourceOf(flags.source) };
  const subject = subjectText(await findSubject(api, name));
  if (kind === 'export') {
    if (flags.format === undefined) throw new InvalidInputError('export without --format; expected one');
    return { kind, subject, format: flags.format, keep: flags.keepLast };
  }
  const { channel, backbone, layer, facet, longSide, codec, preset, promote, keep } = flags;
  if ((channel === undefined) === (backbone === undefined)) {
    const both = channel === undefined ? 'neither --channel nor --backbone' : '--channel and --backbone';
    throw new InvalidInputError(`${both}; expected one of the two`);
  }
  const keys =
    backbone === undefined ? undefined : { backbone: await sharedName(backbone), layer, facet, longSide, codec };
  const thresholds = { worse: flags.gateWorse, changed: flags.gateChanged };
  const isGated = Object.values(thresholds).some((value) => value !== undefined);
  return { kind, subject, channel, keys, preset, promote, keep, ...(isGated ? { thresholds } : {}) };
}

const optionOf = (flag: string): string =>
  `--${{ worse: 'gate-worse', changed: 'gate-changed' }[flag] ?? flag.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Workers have other folders that they work in. */
const sourceOf = (source: string | undefined) =>
  source === undefined || source.startsWith('s3://') ? source : resolve(source);

async function list({ json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api) => {
    const schedules = await api(getSchedules);
    if (json) for (const schedule of schedules) console.log(JSON.stringify(schedule));
    else if (schedules.length > 0) {
      const rows = schedules.map((each) => [
        ...[each.id, workText(each.work), whenText(each), each.overlap],
        each.paused ? 'paused' : (each.next[0] ?? 'never'),
        each.last ? `${each.last.outcome} ${each.last.at}` : 'never',
      ]);
      console.log(table(['schedule', 'does', 'when', 'overlap', 'next', 'last'], rows));
    }
  });
}

async function pause(id: string, paused: boolean, json: boolean | undefined): Promise<void> {
  const at = scheduleAt(id);
  await withApi(json, async (api) => {
    const changed = await api(patchSchedule, { ...at, body: { paused } });
    console.log(json ? JSON.stringify(changed) : `${id}: ${nextText(changed)}`);
  });
}

async function trigger(id: string, { wait, json }: { wait?: boolean; json?: boolean }): Promise<void> {
  const at = scheduleAt(id);
  await withApi(json, async (api, line) => {
    const before = (await api(getSchedule, at)).last?.id;
    await api(postScheduleTrigger, at);
    if (!wait) return console.log(`${id}: triggered; how it goes: saltworks schedule history ${id}`);
    for (;;) {
      const { last } = await api(getSchedule, at);
      if (last && last.id !== before && last.outcome !== 'running') {
        line.clear();
        console.log(json ? JSON.stringify(last) : firingText(last));
        if (last.outcome === 'failed' || last.outcome === 'cancelled') process.exitCode = 1;
        return;
      }
      line.show(`${id}: ${last && last.id !== before ? (last.reason ?? 'under way') : 'begins'}`);
      await delay(300, undefined, { signal: interruption });
    }
  });
}

async function remove(id: string): Promise<void> {
  const at = scheduleAt(id);
  await withApi(false, async (api) => {
    await api(deleteSchedule, at);
    console.log(`${id}: removed`);
  });
}

async function history(id: string, { limit, json }: { limit: number; json?: boolean }): Promise<void> {
  const at = scheduleAt(id);
  await withApi(json, async (api) => {
    const firings: Firing[] = [];
    for (let after: string | undefined; firings.length < limit; ) {
      const query = { after, limit: Math.min(200, limit - firings.length) };
      const { items, next } = await api(getScheduleFirings, { ...at, query });
      firings.push(...items);
      if (next === null) break;
      after = next;
    }
    if (json) for (const firing of firings) console.log(JSON.stringify(firing));
    else if (firings.length === 0) console.log(`${id} has not fired yet`);
    else {
      const rows = firings.map((each) => [each.at, each.outcome, madeText(each), each.reason ?? '']);
      console.log(table(['due', 'outcome', 'made', 'why'], rows));
    }
  });
}

const describe = (schedule: ScheduleInfo): string =>
  `${schedule.id}: ${workText(schedule.work)}, ${whenText(schedule)}; overlap ${schedule.overlap}`;

const whenText = ({ when, timezone }: ScheduleInfo): string => (/^every/i.test(when) ? when : `${when} ${timezone}`);

const nextText = ({ paused, next }: ScheduleInfo): string => (paused ? 'paused' : `next: ${next[0] ?? 'never'}`);

function workText(work: ScheduleWork): string {
  switch (work.kind) {
    case 'relabel':
      return `relabel ${work.subject} with ${work.channel === undefined ? keysText(work.keys ?? { backbone: '' }) : `channel ${work.channel}`}`;
    case 'import':
      return `import ${work.dataset}${work.source === undefined ? '' : ` from ${work.source}`}`;
    case 'consensus':
      return `consensus campaign:${work.campaign} by ${work.weights}`;
    case 'export':
      return `export ${work.subject} as ${work.format}${work.keep === undefined ? '' : `, the last ${work.keep}`}`;
    case 'expire-keys':
      return `expire keys of ${work.dataset ?? 'all datasets'} unused for ${work.unused} days`;
    case 'expire-views':
      return `expire views older than ${work.older} days`;
  }
}

const firingText = (firing: Firing): string =>
  [`${firing.at}: ${firing.outcome}`, madeText(firing), firing.reason].filter(Boolean).join(', ');

function madeText({ made }: Firing): string {
  const { build, promoted, export: id, removed, images, failed, keys, views, bytes } = made;
  const parts = [
    build === undefined ? '' : `build ${build}${promoted === undefined ? '' : promoted ? ', shown' : ', not shown'}`,
    id === undefined ? '' : `export ${id}`,
    images === undefined ? '' : `${images} image${images === 1 ? '' : 's'}`,
    failed === undefined ? '' : `${failed} failed`,
    removed === undefined ? '' : `${removed.length} removed`,
    keys === undefined ? '' : `${keys.join(', ')} removed`,
    views === undefined ? '' : `${views} views removed`,
    bytes === undefined ? '' : `${megabytes(bytes)} freed`,
  ];
  return parts.filter(Boolean).join(', ');
}
