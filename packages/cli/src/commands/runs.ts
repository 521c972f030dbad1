/** `saltworks extract`, `propagate`, `dataset export`: runs over a dataset. */
import { dirname, join } from 'node:path';
import { findEntry } from '@saltworks/backbone/registry/registry';
import { getBuild, getBuildShown } from '@saltworks/contract/api/builds';
import type { Failure } from '@saltworks/contract/documents/failures';
import { shardReport } from '@saltworks/contract/documents/reports';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  type ExportFormat,
  type ExportOptions,
  type ExportSplit,
  exportFormatFacts,
  exportFormatNames,
  exportSplit,
} from '@saltworks/contract/export-formats';
import { buildOf, exportFilesPrefix, exportPathOf, exportReportKey } from '@saltworks/contract/layout';
import type { MaskSettings } from '@saltworks/contract/messages/activities';
import { ATTEMPTS } from '@saltworks/contract/messages/attempts';
import type { Preset, SegmentOptions } from '@saltworks/contract/options';
import * as z from '@saltworks/contract/zod';
import { presets } from '@saltworks/core/options';
import { exportDataset, extractDataset, propagateDataset, runWindow } from '@saltworks/orchestrator/runs/start';
import { pinClasses } from '@saltworks/store/datasets/classes';
import { readDataset, readInUse } from '@saltworks/store/datasets/dataset';
import { readDocument } from '@saltworks/store/objects/documents';
import { openStore, openStoreToWrite } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { currentPrior, currentRecipe } from '@saltworks/store/prelabels/prelabels';
import { recipeOf } from '@saltworks/worker/propagate';
import { Command, InvalidArgumentError, Option } from 'commander';
import { chosenKeys } from '../backbones.ts';
import { categoriesOption, readNumbers } from '../categories.ts';
import { fetchingOf } from '../fetching.ts';
import { makeFolder, writeWhole } from '../files.ts';
import { follow, report } from '../follow.ts';
import { type KeysFlags, parseWhole, strokesOption, withKeysOptions } from '../options.ts';
import { readSettings } from '../settings.ts';
import { withApi } from '../stack/connect.ts';
import { subjectText } from '../subjects.ts';
import { selectBy } from './filter.ts';

export interface RunFlags extends KeysFlags {
  window: number;
  attempts: number;
  json?: boolean;
}

interface MaskFlags extends RunFlags {
  preset: Preset;
  strokes?: SegmentOptions['strokes'];
  corpus?: boolean;
}

interface ExportFlags extends MaskFlags, OptionFlags {
  format: ExportFormat;
  out: string;
}

export interface OptionFlags {
  pictures?: boolean;
  split?: ExportSplit['shares'];
  seed?: number;
}

export const extractCommand = (): Command =>
  runCommand('extract', 'compute the keys of a dataset that are not there yet')
    .option('--verify', 'also read all keys that are there, and make damaged ones again')
    .option('--retry [image]', 'only try images again that failed: all, or the one of this name or sha256')
    .action(async (dataset: string, flags: RunFlags & { verify?: boolean; retry?: string | true }) => {
      const extract = await chosenKeys(flags);
      const { window, attempts, verify } = flags;
      if (verify && flags.retry) throw new InvalidInputError('--verify and --retry; expected one of the two');
      const retry = flags.retry && { image: flags.retry === true ? null : flags.retry };
      const input = { dataset, extract, window, attempts, ...(verify && { verify }), ...(retry && { retry }) };
      report(dataset, !!flags.json, await follow(dataset, !!flags.json, (client) => extractDataset(client, input)));
    });

export const propagateCommand = (): Command =>
  maskCommand('propagate', 'compute the masks of a dataset that has scribbles, from its keys').action(
    async (dataset: string, flags: MaskFlags) => {
      const settings = await maskSettings(dataset, flags);
      const recipe = await recipeNamed(settings);
      const input = { dataset, window: flags.window, attempts: flags.attempts, ...settings };
      const result = await follow(dataset, !!flags.json, (client) => propagateDataset(client, recipe, input));
      report(dataset, !!flags.json, result);
      if (result.images === 0) console.error(`saltworks: no image of ${dataset} has scribbles; there is nothing to do`);
    },
  );

export const exportCommand = (): Command =>
  maskCommand('export', 'write the masks that propagate made, in a format that others read')
    .addOption(formatOption())
    .requiredOption('--out <dir>', 'where to')
    .option(...picturesOption)
    .option(...splitOption)
    .option(...seedOption)
    .option(...categoriesOption)
    .option('--build <id>', 'the masks of this build of the dataset, or "current": of what is shown')
    .option('--filter <name>', 'of the images alone that this filter of the dataset finds now (saltworks filter)')
    .option('--prelabels', 'the masks that "prelabel" predicted of images that nobody drew on, marked as such')
    .action(
      async (
        dataset: string,
        flags: ExportFlags & { categories?: string; build?: string; prelabels?: boolean; filter?: string },
      ) => {
        const recipe = await exportedRecipe(dataset, flags);
        if (flags.categories !== undefined) {
          const list = await readNumbers(flags.categories);
          const settings = readSettings();
          const store = await openStoreToWrite(settings.store, settings.s3);
          await readInUse(store, dataset);
          await pinClasses(store, dataset, list);
        }
        const { filter, json } = flags;
        const of = { kind: 'dataset', name: dataset } as const;
        const found = filter === undefined ? undefined : await withApi(json, async (api) => selectBy(api, of, filter));
        await writeExport({ dataset, recipe, selection: found?.id }, flags);
      },
    );

/** The mask set that is exported. @throws InvalidInputError if there is none */
async function exportedRecipe(
  dataset: string,
  { build, prelabels, ...flags }: ExportFlags & { build?: string; prelabels?: boolean },
): Promise<string> {
  if (prelabels && build !== undefined) throw new InvalidInputError('--prelabels and --build; expected one of the two');
  if (prelabels) {
    return currentRecipe(openedStore(), dataset);
  }
  return build === undefined
    ? recipeNamed(await maskSettings(dataset, flags))
    : recipeOfBuild(dataset, build, flags.json);
}

/** The mask set of a build of the dataset. @param build its id, or `current` @throws InvalidInputError if there is none */
async function recipeOfBuild(dataset: string, build: string, json: boolean | undefined): Promise<string> {
  if (build !== 'current' && !/^[0-9a-f]{16}$/.test(build)) {
    throw new InvalidInputError(`build "${build}"; expected "current", or an id of: saltworks build ls ${dataset}`);
  }
  const subject = subjectText({ kind: 'dataset', name: dataset });
  return withApi(json, async (api) => {
    if (build !== 'current') return (await api(getBuild, { params: { subject, build } })).recipe;
    const shown = await api(getBuildShown, { params: { subject } });
    if (shown.build) return shown.build.recipe;
    throw new InvalidInputError(`${dataset} shows no build yet; expected one (saltworks build ls dataset:${dataset})`);
  });
}

/**
 * Exports one mask set and downloads it.
 *
 * @param recipe names the mask set
 * @param schema of a campaign's: the version of its classes; default the newest that was published
 * @param selection the id of a list of images; default all
 */
export async function writeExport(
  { dataset, recipe, schema, selection }: { dataset: string; recipe: string; schema?: number; selection?: string },
  {
    format,
    out,
    window,
    attempts,
    json,
    ...options
  }: Pick<ExportFlags, 'format' | 'out' | 'json'> & OptionFlags & Partial<Pick<RunFlags, 'window' | 'attempts'>>,
): Promise<void> {
  await makeFolder(out);
  const input = {
    dataset,
    recipe,
    schema,
    selection,
    format,
    window: window ?? runWindow,
    attempts,
    ...optionsOf(options),
  };
  const result = await follow(dataset, !!json, (client) => exportDataset(client, input));
  const settings = readSettings();
  const store = openStore(settings.store, settings.s3);
  const root = exportFilesPrefix(dataset, result.id);
  for await (const { key } of store.list(root)) {
    const path = join(out, exportPathOf(dataset, result.id, key));
    await makeFolder(dirname(path));
    await writeWhole(path, store.stream(key));
  }
  for await (const { name, reason } of leftOut(store, dataset, result.id))
    console.error(`saltworks: ${name}: ${reason}`);
  report(dataset, !!json, result, buildOf(recipe));
  // An export that leaves images out exits with 1, for scripts that read only the code.
  if (result.failed > 0) process.exitCode = 1;
  if (json || result.failed >= result.images) return;
  const build = buildOf(recipe);
  if (build !== undefined) console.log(`build ${build}`);
  console.log(`${format} → ${out} (${exportFormatFacts[format].loses})`);
  if ((await readDataset(store, dataset)).duplicates > 0) {
    console.log(
      `Files of the same bytes are one picture, there under each name that was drawn on: dataset ls ${dataset} --duplicates`,
    );
  }
}

/** Images that an export left out, with reasons. */
async function* leftOut(store: ObjectStore, dataset: string, id: string): AsyncGenerator<Failure> {
  const { shards } = await readDataset(store, dataset);
  for (let shard = 0; shard < shards; shard++) {
    yield* (await readDocument(store, exportReportKey(dataset, id, shard), shardReport))?.failures ?? [];
  }
}

export const picturesOption = ['--pictures', 'copy the pictures to where the format looks for them'] as const;
export const splitOption = [
  '--split <shares>',
  'parts by chance, the same for the same seed: train=0.8,val=0.1,test=0.1',
  parseShares,
] as const;
export const seedOption = ['--seed <n>', 'of --split (default: 0)', parseWhole(0)] as const;

/** @throws InvalidInputError unless it is a list of names and shares that add up to 1 */
function parseShares(text: string): ExportSplit['shares'] {
  const shares = text.split(',').map((part) => {
    const [name, share] = part.split('=');
    return { name: name.trim(), share: Number(share) };
  });
  const read = z.safeParse(exportSplit, { seed: 0, shares });
  const sum = shares.reduce((total, { share }) => total + share, 0);
  const differ = new Set(shares.map(({ name }) => name)).size === shares.length;
  if (read.success && differ && Math.abs(sum - 1) < 1e-6) return read.data.shares;
  throw new InvalidArgumentError(`Expected names with shares that add up to 1, as in train=0.8,val=0.1,test=0.1.`);
}

/** What flags ask of an export. @throws InvalidInputError for a seed without parts */
export function optionsOf({ pictures, split, seed }: OptionFlags): ExportOptions {
  if (seed !== undefined && !split) throw new InvalidInputError(`--seed ${seed} without --split; expected both`);
  return { ...(pictures && { pictures }), ...(split && { split: { seed: seed ?? 0, shares: split } }) };
}

export const formatOption = (): Option =>
  new Option('--format <name>', 'which').choices(exportFormatNames).makeOptionMandatory();

export function runCommand(name: string, description: string): Command {
  return withKeysOptions(new Command(name).description(description).argument('<dataset>', 'a name from "dataset ls"'))
    .option('--window <n>', 'shards under way at the same time, on all workers together', parseWhole(1), runWindow)
    .option('--attempts <n>', 'tries of a shard before the run gives up', parseWhole(1), ATTEMPTS)
    .option('--json', 'JSON instead of text: one document at the end, before it why the run waits or fails')
    .addHelpText('after', '\nCtrl-C detaches; the same command takes it up again.');
}

const maskCommand = (name: string, description: string): Command =>
  runCommand(name, description)
    .addOption(new Option('--preset <name>', 'how').choices(Object.keys(presets)).default('best'))
    .addOption(strokesOption())
    .option(
      '--corpus',
      "what strokes on all images teach joins each image's own, as far as it named them right (prelabel comes first)",
    );

/** Names the mask set that settings make. */
export async function recipeNamed(settings: MaskSettings): Promise<string> {
  return recipeOf(settings, await findEntry(settings.extract.backbone, fetchingOf(readSettings()))).recipe;
}

async function maskSettings(dataset: string, flags: MaskFlags): Promise<MaskSettings> {
  const { preset, strokes, ...rest } = flags;
  const corpus = rest.corpus ? (await currentPrior(openedStore(), dataset)).prior : undefined;
  return {
    ...{ extract: await chosenKeys(flags), preset },
    solve: { ...(strokes && { strokes }), ...(corpus !== undefined && { corpus }) },
  };
}

function openedStore(): ObjectStore {
  const { store, s3 } = readSettings();
  return openStore(store, s3);
}
