/** `saltworks eval`: how good masks are on images whose masks are known, and how many corrections they need. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { backboneEntries, specOf } from '@saltworks/backbone/registry/registry';
import { datasetName } from '@saltworks/contract/documents/dataset';
import {
  type EvaluationFigures,
  type EvaluationSummary,
  type ProtocolName,
  protocols,
} from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { defaultBackbone, defaultPreset, presetNames } from '@saltworks/contract/kinds';
import type { Preset } from '@saltworks/contract/options';
import { findPeers } from '@saltworks/lab/peers/peers';
import { protocolList, protocolOf } from '@saltworks/lab/protocols/list';
import { runEvaluation } from '@saltworks/lab/run';
import { CODE_VERSION } from '@saltworks/store/builds/mask-names';
import { findDataset } from '@saltworks/store/datasets/dataset';
import { openStore } from '@saltworks/store/objects/open';
import { Command, InvalidArgumentError, Option } from 'commander';
import { findBackbone } from '../backbones.ts';
import { fetchingOf } from '../fetching.ts';
import { isFolder, makeFolder } from '../files.ts';
import { makeHome } from '../home.ts';
import { interruption } from '../interrupt.ts';
import { backboneOption, parseFromTo, parseWhole } from '../options.ts';
import { type Progress, progress } from '../progress.ts';
import { readSettings, type Settings } from '../settings.ts';
import { table } from '../table.ts';
import { compareCommand } from './eval-compare.ts';
import { evaluateCorpus } from './eval-corpus.ts';
import { evaluateStored } from './eval-dataset.ts';

interface EvalFlags {
  scribbles?: string;
  /** `corpus` is of a whole folder, and stands alone. */
  protocol: ProtocolName[] | 'corpus';
  train: number[];
  budget: number;
  bar: number;
  limit?: number;
  preset: Preset;
  backbone: string;
  seed: number;
  threads?: number;
  peers?: boolean;
  out?: string;
  json?: boolean;
}

export const evalCommand = (): Command =>
  new Command('eval')
    .description('measure masks on a dataset whose masks are known: by its strokes, by simulated corrections, and more')
    .argument(
      '<folder|dataset>',
      'a folder: images/, panoptic/, panoptic.json (COCO panoptic), scribbles/; or a name from "dataset ls"',
    )
    .option('--out <dir>', 'where rows, figures and the report go; the same command resumes a run there')
    .option(
      '--scribbles <dir>',
      "strokes, NAME.json or NAME.png; or simulated: a robot draws (default: the dataset's scribbles/ and scribbles_*/)",
    )
    .option('--protocol <names>', `${protocols.join(', ')}, several with commas, or all; or corpus`, parseProtocols, [
      'strokes',
    ])
    .option('--budget <n>', 'corrections a segment, at most', parseWhole(1), 10)
    .option('--bar <iou>', 'IoU from which a segment needs no more corrections', parseFromTo(0, 1), 0.85)
    .option('--limit <n>', 'at most so many images, evenly spread over their names', parseWhole(1))
    .option('--train <counts>', 'of corpus: numbers of train images, with commas', parseCounts, [10, 40])
    .addOption(new Option('--preset <name>', 'settings of masks').choices(presetNames).default(defaultPreset))
    .option(...backboneOption, defaultBackbone)
    .option('--seed <n>', 'chooses what chance chooses', parseWhole(0), 0)
    .option('--threads <n>', 'of a folder: images at a time (default: one a core)', parseWhole(1))
    .option(
      '--peers',
      "of a folder: other methods, too, from strokes and in corrections: nearest seed, and in Python scikit-image's random walker and OpenCV's GrabCut",
    )
    .option('--json', 'one JSON document a line: each variant, then the figures')
    .addHelpText(
      'after',
      `
strokes      masks from the dataset's strokes
corrections  from the strokes on, and from nothing: an ideal and a human-like annotator correct the largest error
corpus       of a folder with lists of train and test images: what strokes on some of the first teach about the others

Things of at least 0.5 % of the picture count, and the background; where segments have no names, every region counts.
A folder is evaluated here. A dataset whose images came with known masks is evaluated by workers, as runs are: Ctrl-C detaches, the
same command takes it up again.

What is finished is not computed again. Images that cannot be used are left out, with a line each.
docs/eval.md tells more.

Examples:
  saltworks eval street --out runs/street
  saltworks eval street --protocol strokes,corrections --out runs/corrected
  saltworks eval street-2026 --protocol corrections --out runs/stored
  saltworks eval street --scribbles mine --protocol all --limit 50 --out runs/mine --json`,
    )
    .action(evaluate)
    .addCommand(compareCommand());

async function evaluate(target: string, flags: EvalFlags): Promise<void> {
  const { out, json = false, scribbles } = flags;
  // Commander would ask for it of the commands below this one, too.
  if (out === undefined) throw new InvalidInputError('no --out; expected the folder where results go');
  const settings = readSettings();
  if (scribbles !== undefined && scribbles !== 'simulated') await expectFolder(scribbles);
  const { protocol } = flags;
  if (protocol === 'corpus') {
    await expectFolder(target);
    return evaluateCorpus(target, { ...flags, out }, settings, progress(process.stderr, json));
  }
  const isStored = !(await isFolder(target).catch(() => false)) && (await expectDataset(target, settings));
  const line = progress(process.stderr, json);
  const onNote = (text: string) => {
    line.clear();
    console.error(`saltworks: ${text}`);
  };
  const evaluated = isStored ? evaluateDataset : evaluateFolder;
  const summary = await evaluated(target, { ...flags, protocol, out }, settings, { line, onNote });
  line.clear();
  if (json) {
    for (const entry of summary.figures) console.log(JSON.stringify(entry));
    console.log(JSON.stringify(lastLine(summary)));
  } else {
    console.log(`${tableOf(summary)}\n→ ${out}`);
  }
  if (summary.failures.length > 0) process.exitCode = 1;
}

async function expectFolder(path: string): Promise<void> {
  if (!(await isFolder(path))) throw new InvalidInputError(`${path} is a file; expected a folder`);
}

/** @throws InvalidInputError if this is no name of a dataset */
async function expectDataset(name: string, { store, s3 }: Settings): Promise<true> {
  const isName = datasetName.test(name);
  if (isName && (await findDataset(openStore(store, s3), name))) return true;
  const what = isName ? 'no folder and no dataset of the store' : 'no folder';
  throw new InvalidInputError(`${name} is ${what}; expected one of both (saltworks dataset ls)`);
}

interface Telling {
  line: Progress;
  onNote(text: string): void;
}
type Flags = EvalFlags & { protocol: ProtocolName[]; out: string };

async function evaluateDataset(
  dataset: string,
  { protocol, threads, peers, scribbles, json = false, ...rest }: Flags,
  settings: Settings,
  telling: Telling,
): Promise<EvaluationSummary> {
  for (const [flag, value] of Object.entries({ '--threads': threads, '--peers': peers })) {
    if (value)
      throw new InvalidInputError(`${flag} with the dataset ${dataset}, which workers evaluate; expected a folder`);
  }
  const installed = protocol.includes('backbones') ? await installedIn(settings) : [];
  const backbones = installed.map(({ id }) => id);
  const drawn = scribbles === undefined || scribbles === 'simulated' ? scribbles : resolve(scribbles);
  return evaluateStored(
    { ...rest, scribbles: drawn, dataset, json, code: CODE_VERSION, protocols: inOrder(protocol), backbones },
    settings,
    telling,
  );
}

async function evaluateFolder(
  folder: string,
  { threads = availableParallelism(), backbone, protocol, peers, ...rest }: Flags,
  settings: Settings,
  { line, onNote }: Telling,
): Promise<EvaluationSummary> {
  await makeHome(settings.home);
  const spec = await findBackbone(backbone, settings, line);
  await makeFolder(rest.out);
  const { home, python, env } = settings;
  const { missing, ...access } = peers ? await findPeers({ home, python, env: { ...env } }) : { missing: undefined };
  if (missing !== undefined) onNote(missing);
  return runEvaluation({
    ...rest,
    ...{ folder: resolve(folder), spec, threads, code: CODE_VERSION },
    installed: protocol.includes('backbones') ? await installedIn(settings) : [],
    protocols: inOrder(protocol).map(protocolOf),
    keys: join(home, 'lab'),
    ...('names' in access && { peers: access }),
    maxPixels: settings.maxPixels,
    signal: interruption,
    onProgress: (stage, done, total) => line.show(`${stage}: ${done} of ${total}`),
    onNote,
  });
}

/** Protocols in the order in which they run, each once. */
const inOrder = (names: readonly ProtocolName[]): ProtocolName[] =>
  protocolList.map(({ name }) => name).filter((name) => names.includes(name));

/** Backbones whose models are here. */
async function installedIn(settings: Settings) {
  const fetching = fetchingOf(settings);
  const entries = await backboneEntries(fetching);
  return Promise.all(entries.filter(({ pulled }) => pulled).map((entry) => specOf(entry, settings.home)));
}

function parseProtocols(text: string): EvalFlags['protocol'] {
  if (text === 'corpus') return text;
  if (text === 'all') return protocolList.map(({ name }) => name);
  return text.split(',').map((part) => {
    const name = protocolList.find((protocol) => protocol.name === part.trim())?.name;
    if (name) return name;
    throw new InvalidArgumentError(
      `Expected one of ${protocolList.map(({ name }) => name).join(', ')}, or all; or corpus alone.`,
    );
  });
}

function parseCounts(text: string): number[] {
  return text.split(',').map(parseWhole(1));
}

type Figures = EvaluationSummary['figures'][number];

/** What a run is told by: of masks before corrections, and of corrections by the ideal annotator; the first variant of each. */
export function lastLine({ figures }: EvaluationSummary): Record<string, unknown> {
  const corrected = figures.filter(({ protocol }) => protocol === 'corrections');
  const corrections = corrected.find(({ variant }) => variant === 'from strokes') ?? corrected[0];
  const masks = figures.find(({ protocol }) => protocol === 'strokes') ?? figures[0];
  const of = (source: string | null) => {
    const find = (one: Figures | undefined) =>
      figures.find(
        ({ protocol, variant, ...each }) =>
          protocol === one?.protocol && variant === one.variant && each.source === source,
      )?.figures;
    return { ...basic(find(masks)), ...needed(find(corrections)) };
  };
  const sources = new Set(figures.flatMap(({ source }) => source ?? []));
  return { ...of(null), ...Object.fromEntries([...sources].map((source) => [source, of(source)])) };
}

function basic(figures: EvaluationFigures | undefined) {
  if (!figures) return {};
  const { images, miou, dice, boundary_iou, parts, contour, pq } = figures;
  return { images, miou, dice, boundary_iou, parts, contour, pq };
}

function needed(figures: EvaluationFigures | undefined) {
  if (figures?.nci === undefined) return {};
  const { nci, failed_segments, failed_images, collateral, noc85, noc90 } = figures;
  return { nci, failed_segments, failed_images, collateral, noc85, noc90 };
}

function tableOf({ figures }: EvaluationSummary): string {
  const has = (field: 'nci' | 'noc85') => figures.some((one) => one.figures[field] !== undefined);
  const named = figures.some(({ source }) => source !== null);
  const head = [
    ...['protocol', 'variant', ...(named ? ['source'] : []), 'images', 'mIoU', '95 %', 'Dice', 'boundary IoU'],
    ...['parts', 'contour', 'PQ', ...(has('nci') ? ['NCI', 'failed segments', 'failed images'] : [])],
    ...(has('noc85') ? ['NoC@85', 'NoC@90'] : []),
  ];
  return table(
    head,
    figures.map(({ protocol, variant, source, figures, intervals: { miou } }) => [
      ...[protocol, variant, ...(named ? [source ?? 'all'] : []), figures.images],
      ...[share(figures.miou), miou ? `${share(miou.low)} to ${share(miou.high)}` : '–'],
      ...[share(figures.dice), share(figures.boundary_iou), figures.parts, share(figures.contour), share(figures.pq)],
      ...(has('nci') ? [few(figures.nci), figures.failed_segments ?? '–', figures.failed_images ?? '–'] : []),
      ...(has('noc85') ? [few(figures.noc85), few(figures.noc90)] : []),
    ]),
  );
}

const share = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
const few = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(2));
