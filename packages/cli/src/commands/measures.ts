/** `saltworks campaign agreement`, `effort`, `efficiency`, `consensus`, `export`: the results of a campaign. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Assignment } from '@saltworks/contract/api/assignments';
import { getCampaign } from '@saltworks/contract/api/campaigns';
import {
  type Agreement,
  type EfficiencyCurve,
  getCampaignAgreement,
  getCampaignEffort,
  getCampaignLabelEfficiency,
  postCampaignPublish,
  postTaskConsensus,
  type Weighting,
} from '@saltworks/contract/api/measures';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { maskKey } from '@saltworks/contract/layout';
import { Command, Option } from 'commander';
import type { Api } from '../api.ts';
import { campaignAt, handedIn, namesOf } from '../campaigns.ts';
import { interruption } from '../interrupt.ts';
import { parseWhole } from '../options.ts';
import type { Progress } from '../progress.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';
import { selectBy } from './filter.ts';
import { formatOption, type OptionFlags, picturesOption, seedOption, splitOption, writeExport } from './runs.ts';

export const measureCommands = (): Command[] => [
  new Command('agreement')
    .description('how far annotators of the same images agree, and how reliable that makes them')
    .argument('<id>', 'of the campaign')
    .option('--json', 'one JSON document instead of text')
    .action(agreement),
  new Command('effort')
    .description('time that went into a campaign, by annotator and label; idle time is cut')
    .argument('<id>', 'of the campaign')
    .option('--json', 'one JSON document instead of text')
    .action(effort),
  new Command('efficiency')
    .description('how good masks were after so many strokes and seconds of drawing: where more of them stop paying')
    .argument('<id>', 'of the campaign')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
A sample of what was handed in, 100 drawings at most, is replayed stroke by stroke; the mask of every step is compared with the
one that was handed in, and with the known mask of images that have one.`,
    )
    .action(efficiency),
  new Command('consensus')
    .description("one mask of all annotators' strokes on an image")
    .argument('<id>', 'of the campaign')
    .option('--images <which>', 'all that two or more handed in, or the one of this name', 'all')
    .addOption(
      new Option('--weights <how>', 'what an annotator counts')
        .choices(['reliability', 'equal'])
        .default('reliability'),
    )
    .option('--json', 'JSON, one document a line')
    .addHelpText('after', '\nExports take the consensus wherever there is one.')
    .action(consensus),
  new Command('export')
    .description("write a campaign's masks in a format that others read")
    .argument('<id>', 'of the campaign')
    .addOption(formatOption())
    .requiredOption('--out <dir>', 'where to')
    .option('--accepted', 'only what a reviewer accepted')
    .option('--schema <n>', 'names and merges of this version of the classes (default: the current one)', parseWhole(1))
    .option('--filter <name>', 'of the images alone that this filter of the campaign finds now (saltworks filter)')
    .option(...picturesOption)
    .option(...splitOption)
    .option(...seedOption)
    .option('--json', 'one JSON document at the end instead of text')
    .addHelpText(
      'after',
      `
Of every image what is shown: a build, which the export names. Of strokes that are newer than it: the consensus where one was
made, else what was accepted, else what was handed in last.

Example: saltworks campaign export pets --format coco-panoptic --out out`,
    )
    .action(exportCampaign),
];

async function agreement(id: string, { json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api, line) => {
    const found = await agreementOf(api, id, line);
    line.clear();
    if (json) return console.log(JSON.stringify(found));
    const { images, classes, honeypots, annotators, incomparable } = found;
    for (const { name, reason } of incomparable) console.error(`${name}: ${reason}`);
    const nameOf = await namesOf(api, id);
    if (images.length === 0) console.log('no image was handed in by two annotators yet');
    else {
      const rows = [...images]
        .sort(byName)
        .map((one) => [one.name, one.annotators, share(one.miou), share(one.pixels), share(one.kappa)]);
      console.log(table(['image', 'annotators', 'mIoU', 'pixels', 'κ'], rows));
    }
    if (classes.length > 0) {
      console.log(
        `\n${table(
          ['label', 'pairs', 'IoU'],
          classes.map(({ category, pairs, iou }) => [category, pairs, share(iou)]),
        )}`,
      );
    }
    if (annotators.length === 0) return;
    const score = ({ mean, count }: { mean: number; count: number }) => (count === 0 ? '–' : share(mean));
    const rows = annotators.map(({ annotator, weight, honeypots, overlaps }) => [
      ...[nameOf(annotator), share(weight)],
      ...[overlaps.count, score(overlaps), honeypots.count, score(honeypots)],
    ]);
    const head = ['annotator', 'reliability', 'overlaps', 'mIoU', 'honeypots', 'mIoU'];
    console.log(
      `\n${table(honeypots.length > 0 ? head : head.slice(0, 4), honeypots.length > 0 ? rows : rows.map((row) => row.slice(0, 4)))}`,
    );
  });
}

/** How long comparisons and replays may go without progress: a replay makes two dozen masks. */
const patienceMs = { compare: 120_000, replay: 900_000 };

/** Asks again until every submitted mask is compared. */
const agreementOf = (api: Api, id: string, line: Progress): Promise<Agreement> =>
  patiently(
    line,
    (pairs) => `${id}: ${pairs} pairs of masks to compare`,
    patienceMs.compare,
    () => api(getCampaignAgreement, campaignAt(id)),
  );

/** Asks again until nothing is pending. @param doing what is said meanwhile, of how many are left */
async function patiently<T extends { pending: number }>(
  line: Progress,
  doing: (pending: number) => string,
  most: number,
  ask: () => Promise<T>,
): Promise<T> {
  let [least, since] = [Number.POSITIVE_INFINITY, Date.now()];
  for (;;) {
    const found = await ask();
    if (found.pending === 0) return found;
    const now = doing(found.pending);
    if (found.pending < least) [least, since] = [found.pending, Date.now()];
    if (Date.now() - since > most) throw new Error(`${now}; expected a worker with the role propagate`);
    line.show(now);
    await delay(300, undefined, { signal: interruption });
  }
}

async function effort(id: string, { json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api) => {
    const { categories } = await api(getCampaign, campaignAt(id));
    const totals = await api(getCampaignEffort, campaignAt(id));
    if (json) return console.log(JSON.stringify(totals));
    const { annotators, classes } = totals;
    if (annotators.length === 0) return console.log('nobody has drawn anything yet');
    const nameOf = await namesOf(api, id);
    const byPerson = annotators.map(({ annotator, images, strokes, seconds, idle }) => [
      ...[nameOf(annotator), images, strokes, seconds.toFixed(1)],
      ...[(seconds / images).toFixed(1), idle.toFixed(1)],
    ]);
    console.log(table(['annotator', 'images', 'strokes', 'seconds', 'an image', 'idle'], byPerson));
    const labels = new Map([[0, 'background'], ...categories.map(({ id, name }) => [id, name] as const)]);
    const byLabel = classes.map(({ category, segments, strokes, seconds }) => [
      ...[labels.get(category) ?? category, segments, strokes, seconds.toFixed(1), (seconds / segments).toFixed(1)],
    ]);
    console.log(`\n${table(['label', 'segments', 'strokes', 'seconds', 'a segment'], byLabel)}`);
  });
}

async function efficiency(id: string, { json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api, line) => {
    const found = await patiently(
      line,
      (drawings) => `${id}: ${drawings} drawings to replay`,
      patienceMs.replay,
      () => api(getCampaignLabelEfficiency, campaignAt(id)),
    );
    line.clear();
    if (json) return console.log(JSON.stringify(found));
    for (const { name, reason } of found.leftOut) console.error(`${name}: ${reason}`);
    if (!found.handedIn) return console.log('nothing was handed in yet');
    printCurve('what was handed in', found.handedIn);
    if (found.known) printCurve('known masks', found.known);
  });
}

function printCurve(yardstick: string, { byStrokes, bySeconds, enough, ...of }: EfficiencyCurve): void {
  console.log(`compared with ${yardstick}: ${of.images} images, ${of.drawings} drawings`);
  const rows = (each: { miou: { mean: number; low: number; high: number }; going: number }) => [
    ...[share(each.miou.mean), of.images > 1 ? `${share(each.miou.low)} – ${share(each.miou.high)}` : '–', each.going],
  ];
  const columns = ['mIoU', '95 %', 'went on'];
  console.log(
    table(
      ['strokes', ...columns],
      byStrokes.map((each) => [each.strokes, ...rows(each)]),
    ),
  );
  console.log(
    `\n${table(
      ['seconds', ...columns],
      bySeconds.map((each) => [each.seconds, ...rows(each)]),
    )}`,
  );
  console.log(
    `after ${enough.strokes} strokes, or ${enough.seconds} s, the rest adds 0.01 at most; a drawing took ${of.strokes.toFixed(1)} strokes, ${of.seconds.toFixed(1)} s\n`,
  );
}

interface ConsensusFlags {
  images: string;
  weights: Weighting;
  json?: boolean;
}

async function consensus(id: string, { images, weights, json }: ConsensusFlags): Promise<void> {
  await withApi(json, async (api, line) => {
    const tasks = new Map<string, Assignment[]>();
    for (const one of await handedIn(api, id)) tasks.set(one.task, [...(tasks.get(one.task) ?? []), one]);
    const chosen = [...tasks].filter(([, works]) =>
      images === 'all' ? works.length > 1 : works[0].image.name === images,
    );
    if (chosen.length === 0) {
      const what = images === 'all' ? 'no image was handed in by two annotators' : `nobody handed in ${images}`;
      throw new InvalidInputError(`${what}; expected one: saltworks campaign status ${id}`);
    }
    // The server waits too, but many masks may take longer.
    if (weights === 'reliability') await agreementOf(api, id, line);
    const nameOf = await namesOf(api, id);
    const named = chosen.map(([task, works]) => ({ task, name: works[0].image.name })).sort(byName);
    for (const [i, { task, name }] of named.entries()) {
      line.show(`${id}: ${name}, ${i + 1} of ${named.length}`);
      const made = await api(postTaskConsensus, { params: { task }, body: { weights } });
      line.clear();
      if (json) console.log(JSON.stringify({ task, name, ...made }));
      else {
        const people = Object.entries(made.weights).map(([user, weight]) => `${nameOf(user)} ${share(weight)}`);
        console.log(`${name}: ${people.join(', ')} → ${maskKey(made.mask, '.png')}`);
      }
    }
  });
}

interface ExportFlags extends OptionFlags {
  format: ExportFormat;
  out: string;
  accepted?: boolean;
  schema?: number;
  filter?: string;
  json?: boolean;
}

async function exportCampaign(id: string, { accepted = false, schema, filter, ...flags }: ExportFlags): Promise<void> {
  await withApi(flags.json, async (api, line) => {
    const of = { kind: 'campaign', name: id } as const;
    const found = filter === undefined ? undefined : await selectBy(api, of, filter);
    line.show(`${id}: collecting masks`);
    const published = await api(postCampaignPublish, { ...campaignAt(id), body: { accepted, schema } });
    line.clear();
    if (published.images === 0) {
      const what = accepted ? 'no mask was accepted yet' : 'nothing was handed in yet';
      throw new InvalidInputError(`${what}; expected one mask or more`);
    }
    await writeExport({ ...published, schema, selection: found?.id }, flags);
    const { former } = published;
    if (former > 0) {
      const what = former === 1 ? '1 image was' : `${former} images were`;
      console.error(
        `saltworks: ${what} begun with before the file changed; what was drawn on former versions is left out`,
      );
    }
  });
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

const share = (value: number) => value.toFixed(3);
