/** `saltworks bakeoff`: variants of backbone, layer and settings tried on a sample, before anything large is spent. */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type BakeoffInfo,
  defaultSample,
  getSubjectBakeoff,
  getSubjectBakeoffReport,
  mostSampled,
  mostVariants,
  postSubjectBakeoffs,
} from '@saltworks/contract/api/bakeoffs';
import type { BakeoffMeasure, BakeoffReport, Interval } from '@saltworks/contract/documents/bakeoffs';
import { parseDocument } from '@saltworks/contract/documents/document';
import { type Prices, prices as pricesDocument } from '@saltworks/contract/documents/prices';
import { InvalidInputError } from '@saltworks/contract/errors';
import { facets, presetNames } from '@saltworks/contract/kinds';
import { failingText, waitingText } from '@saltworks/contract/run-state';
import { type Forecast, forecasts } from '@saltworks/core/judge/forecast';
import { Command, InvalidArgumentError } from 'commander';
import type { Api } from '../api.ts';
import { megabytes, sharedName } from '../backbones.ts';
import { readInput } from '../files.ts';
import { interruption } from '../interrupt.ts';
import { codecOption, parseFromTo, parseWhole } from '../options.ts';
import type { Progress } from '../progress.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';
import { table } from '../table.ts';
import { parseVariants, type Variant, variantsOf } from '../variants.ts';

interface BakeoffFlags {
  backbones: Variant[];
  layers?: number[];
  facets?: (typeof facets)[number][];
  codecs?: string[];
  presets?: (typeof presetNames)[number][];
  sample: number;
  seed: number;
  prices?: string;
  json?: boolean;
}

export const bakeoffCommand = (): Command =>
  new Command('bakeoff')
    .description('try backbones, layers and settings on a sample of what was drawn, and forecast a full run')
    .argument('<name>', 'a campaign, or a dataset that has scribbles')
    .requiredOption(
      '--backbones <list>',
      'names from "backbone list", or ONNX files; after a colon what differs: NAME:layer=9,facet=value',
      parseVariants,
    )
    .option('--layers <list>', 'each with every backbone: 9,10,11', listOf(parseWhole(0)))
    .option('--facets <list>', 'the same: key,query,value', listOf(oneOf(facets)))
    .option('--codecs <list>', 'the same: float16,int8', listOf(codecOption[2]))
    .option('--presets <list>', 'the same: paper,best', listOf(oneOf(presetNames)))
    .option('--sample <n>', 'images that were drawn on', parseFromTo(1, mostSampled), defaultSample)
    .option('--seed <n>', 'chooses them', parseWhole(0), 1)
    .option('--prices <file.json>', 'what devices, requests and storage cost; without it nothing is counted in money')
    .option('--json', 'one JSON document at the end instead of tables')
    .addHelpText(
      'after',
      `
Every variant is judged on the same images: by masks that are known, by masks that a person accepted, and by strokes held
out, which the rest of the drawing has to predict. Intervals are 95 %; the others are compared with the first variant.
The keys of the sample stay in the store, where a later extraction finds them; no masks are kept.
Ctrl-C detaches; the same command takes it up again. At most ${mostVariants} variants.

Examples:
  saltworks bakeoff pets --backbones dinov2-small-focus --layers 11,10,9
  saltworks bakeoff pets --backbones dinov2-small-focus,dinov2-base --sample 50
  saltworks bakeoff pets --backbones dinov2-small-focus,dinov2-small-focus:layer=9,facet=value,codec=int8
  saltworks bakeoff dataset:street --backbones dinov2-small-focus --presets best,paper --prices prices.json --json`,
    )
    .action(bakeoff);

async function bakeoff(name: string, flags: BakeoffFlags): Promise<void> {
  const { sample, seed, json } = flags;
  const prices = flags.prices === undefined ? undefined : await readPrices(flags.prices);
  const variants = variantsOf(flags.backbones, flags);
  if (variants.length < 2 || variants.length > mostVariants) {
    throw new InvalidInputError(`${variants.length} variants; expected 2 to ${mostVariants}`);
  }
  const shared: Variant[] = [];
  for (const { backbone, ...rest } of variants) shared.push({ backbone: await sharedName(backbone), ...rest });
  await withApi(json, async (api, line) => {
    const params = { subject: subjectText(await findSubject(api, name)) };
    const begun = await api(postSubjectBakeoffs, { params, body: { variants: shared, sample, seed } });
    const info = await ended(api, begun, name, line);
    const report = await api(getSubjectBakeoffReport, { params: { ...params, bakeoff: info.id } });
    line.clear();
    const forecast = forecasts(report, info.whole, prices);
    if (json) {
      const { id, subject, dataset, seed, whole } = info;
      console.log(JSON.stringify({ ...report, bakeoff: id, subject, dataset, seed, whole, forecast }));
    } else {
      for (const text of texts(name, info, report, forecast, prices)) console.log(text);
    }
    for (const { variant, image, reason } of report.failures) {
      console.error(`saltworks: ${image}, ${variant}: ${reason}`);
    }
    if (report.judged === 0) process.exitCode = 1;
  });
}

/** @throws InvalidInputError unless it is a price file */
async function readPrices(path: string): Promise<Prices> {
  const text = new TextDecoder().decode(await readInput(path));
  try {
    return parseDocument(path, text, pricesDocument);
  } catch (error) {
    throw new InvalidInputError((error as Error).message);
  }
}

/** Waits for a bake-off's end. */
async function ended(api: Api, begun: BakeoffInfo, name: string, line: Progress): Promise<BakeoffInfo> {
  const { kind, name: of } = begun.subject;
  const params = { subject: `${kind}:${of}`, bakeoff: begun.id };
  let said = '';
  for (let info = begun; ; info = await api(getSubjectBakeoff, { params })) {
    if (info.state === 'done') return info;
    if (info.state !== 'running') {
      throw new Error(`bake-off ${info.id} ${info.state === 'failed' ? `failed: ${info.reason}` : 'was cancelled'}`);
    }
    if (info.progress) line.show(`${name}: ${info.progress.done} of ${info.progress.total} steps of the bake-off`);
    const why = standingText(info);
    if (why !== said && why !== '') {
      line.clear();
      console.error(`saltworks: ${why}`);
    }
    said = why;
    await delay(700, undefined, { signal: interruption });
  }
}

/** Why it makes no progress, in words; empty while it does, or nobody knows. */
function standingText({ waiting, failing }: BakeoffInfo): string {
  if (waiting) return waitingText(waiting);
  return failing ? failingText(failing) : '';
}

const titles: Record<BakeoffMeasure, string> = {
  known: 'Known masks: mean IoU',
  accepted: 'Accepted masks: mean IoU; leans to the settings that made them',
  pixels: 'Strokes held out: share of their pixels that the rest predicts',
  labels: 'Strokes held out: share of them whose label the rest predicts',
};

function* texts(
  name: string,
  { id, images, whole }: BakeoffInfo,
  report: BakeoffReport,
  forecast: readonly Forecast[],
  prices: Prices | undefined,
): Generator<string> {
  yield `${name}: bake-off ${id}, ${report.judged} of ${images} images judged, ${report.strokes} strokes held out`;
  for (const [measure, title] of Object.entries(titles) as [BakeoffMeasure, string][]) {
    const rows = report.variants.flatMap(({ name, [measure]: found }) => {
      if (!found) return [];
      const { value, difference } = found;
      return [[name, value.mean.toFixed(3), bounds(value), signed(difference.mean), bounds(difference)]];
    });
    if (rows.length === 0) continue;
    yield `\n${title} (${report.variants[0][measure]?.images} images)`;
    yield table(['variant', 'mean', '95 %', 'to the first', '95 %'], rows);
  }
  yield `\nA full run: ${whole.images} images, ${whole.drawn} of them drawn on`;
  const devices = forecast[0].devices.map(({ name }) => name);
  const head = ['variant', 'keys to make', ...devices.map((device) => `inference on ${device}`), 'masks on one core'];
  yield table(
    [...head, 'GET', 'PUT', 'HEAD', 'LIST', 'keys', 'masks'],
    forecast.map(({ name, images, devices, coreSeconds, requests, keyBytes, maskBytes }) => [
      ...[name, images, ...devices.map(({ seconds }) => duration(seconds)), duration(coreSeconds)],
      ...[requests.get, requests.put, requests.head, requests.list],
      ...[keyBytes, maskBytes].map((bytes) => (bytes === null ? '–' : megabytes(bytes))),
    ]),
  );
  if (prices) {
    yield `\nIn ${prices.currency}, as far as the price file tells; the last columns are sums, by device`;
    yield table(
      ['variant', ...devices.map((device) => `inference on ${device}`), 'masks', 'requests', 'storage', ...devices],
      forecast.map(({ name, devices, money, total }) => [
        ...[name, ...devices.map(({ money }) => amount(money))],
        ...[money.masks, money.requests, money.storage, ...total].map(amount),
      ]),
    );
  }
  const made = report.variants.reduce((sum, { sample }) => sum + sample.made, 0);
  if (made > 0) {
    yield `\n${made} files of keys were made for the sample and stay in the store; an extraction finds them. They are no full set.`;
  }
}

const bounds = ({ low, high }: Interval): string => `${low.toFixed(3)} to ${high.toFixed(3)}`;
const signed = (value: number): string => (value > 0 ? `+${value.toFixed(3)}` : value.toFixed(3));
const amount = (money: number | null): string => (money === null ? '–' : money.toFixed(money < 0.1 ? 4 : 2));

function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `${minutes.toFixed(1)} min` : `${(minutes / 60).toFixed(1)} h`;
}

function listOf<T>(parse: (text: string) => T) {
  return (text: string): T[] => text.split(',').map((part) => parse(part.trim()));
}

function oneOf<const W extends string>(words: readonly W[]) {
  return (text: string): W => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new InvalidArgumentError(`Expected one of ${words.join(', ')}.`);
    return found;
  };
}
