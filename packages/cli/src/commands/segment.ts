/** `saltworks segment`: images and scribbles to masks, with no service running. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { defaultBackbone, type Facet, facets, graphKinds, refineKinds } from '@saltworks/contract/kinds';
import type { Preset, SegmentOptions } from '@saltworks/contract/options';
import { asSeen, asWritten } from '@saltworks/core/formats/spelling';
import { Stems } from '@saltworks/core/formats/stems';
import type { ValueWindow } from '@saltworks/core/image/image';
import { presets, solveOptions } from '@saltworks/core/options';
import { Folder } from '@saltworks/store/import/folder';
import { findScribbles } from '@saltworks/store/import/import-scribbles';
import { Command, Option } from 'commander';
import { findBackbone } from '../backbones.ts';
import { categoriesOption, readNumbers } from '../categories.ts';
import { expectName, isFolder, makeFolder } from '../files.ts';
import {
  parseAbove,
  parseBetween,
  parseFromTo,
  parseOrWord,
  parseWhole,
  strokesOption,
  windowOption,
} from '../options.ts';
import { progress } from '../progress.ts';
import { type ImageReport, writeResults } from '../results.ts';
import { type ImageTask, segmentImages } from '../segmenter.ts';
import { readSettings } from '../settings.ts';

interface Flags {
  scribbles: string;
  out: string;
  preset: Preset;
  backbone: string;
  layer?: number;
  facet?: Facet;
  graph?: SegmentOptions['graph'];
  strokes?: SegmentOptions['strokes'];
  sigma?: number | 'auto';
  tau?: number;
  neighbors?: number;
  colorWeight?: number;
  alpha?: number;
  upsample?: 'linear' | 'overlap' | 'stride' | 'none';
  refine?: SegmentOptions['refine'];
  longSide?: number | 'native';
  seed?: number;
  window?: ValueWindow;
  categories?: string;
  patch?: boolean;
  json?: boolean;
}

export function segmentCommand(): Command {
  const { best } = presets;
  return new Command('segment')
    .description('turn images and scribbles into masks')
    .argument('<image...>', 'image files: JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP')
    .requiredOption(
      '--scribbles <file|dir>',
      'scribbles of the one image, or a folder with NAME.json or NAME.png for each',
    )
    .requiredOption('--out <dir>', 'where NAME.panoptic.png, NAME.panoptic.json and NAME.overlay.png go')
    .addOption(
      new Option('--preset <name>', 'the seed method to the letter, or what was measured to be better')
        .choices(Object.keys(presets))
        .default('best'),
    )
    .option('--backbone <name|file.onnx>', 'where keys come from: see "backbone list"', defaultBackbone)
    .option('--layer <n>', "attention layer, from 0 (default: the backbone's own, most often the last)", parseWhole(0))
    .addOption(
      new Option('--facet <name>', "what to take from it (default: the backbone's own, most often key)").choices(
        facets,
      ),
    )
    .addOption(
      new Option(
        '--graph <kind>',
        `how nodes are joined: an affinity to spread along, or a random walk (default: ${best.graph}; rbf for paper, or with --sigma, --alpha or --color-weight)`,
      ).choices(graphKinds),
    )
    .option(
      '--sigma <x|auto>',
      'width of rbf, in units of key distance (default: auto)',
      parseOrWord('auto', parseAbove(0)),
    )
    .option('--tau <x>', `cosine from which similarity counts (default: ${best.tau})`, parseFromTo(-1, 1))
    .option(
      '--neighbors <k>',
      `neighbours of a node in knn and colour graphs, itself counted (default: ${best.neighbors})`,
      parseWhole(2),
    )
    .option(
      '--color-weight <x>',
      `weight of the colour k-NN graph beside an affinity (default: ${best.colorWeight})`,
      parseFromTo(0, 1e6),
    )
    .option(
      '--alpha <x>',
      `share that a node takes from its neighbours along an affinity (default: ${best.alpha})`,
      parseBetween(0, 1),
    )
    .addOption(
      new Option(
        '--upsample <how>',
        'to the ×2 grid: between patches, by four shifted passes, by half the stride, or not (default: linear)',
      ).choices(['linear', 'overlap', 'stride', 'none']),
    )
    .addOption(new Option('--refine <how>', `from nodes to pixels (default: ${best.refine})`).choices(refineKinds))
    .addOption(strokesOption())
    .option(
      '--long-side <n|native>',
      'size at which the backbone sees the image (default: its own)',
      parseOrWord('native', parseWhole(1)),
    )
    .option(...windowOption)
    .option('--seed <n>', 'which nodes preset paper hides from its CRF (default: 0)', parseWhole(0))
    .option(...categoriesOption)
    .option('--patch', 'also write NAME.patch.png, the labels of the node grid')
    .option('--json', 'one JSON document a line: each image, then a summary')
    .action(run);
}

async function run(images: string[], flags: Flags): Promise<void> {
  const settings = readSettings();
  const { maxPixels } = settings;
  const changes = changesOf(flags);
  const categories = flags.categories === undefined ? [] : await readNumbers(flags.categories);
  const tasks = await plan(images, flags.scribbles);
  await makeFolder(flags.out);
  const line = progress(process.stderr, flags.json);
  const spec = await findBackbone(flags.backbone, settings, line);
  const {
    preset,
    out,
    layer = spec.layer,
    facet = spec.facet ?? 'key',
    upsample = 'linear',
    longSide = spec.longSide,
    patch = false,
    window,
    json = false,
  } = flags;
  const options = { spec, layer, facet, longSide, upsample, maxPixels, window, preset, out, patch, categories };
  const results = { ...options, solve: solveOptions(preset, spec, changes), findSuspects: json };

  const start = performance.now();
  const failures: Error[] = [];
  const fail = (image: string, error: Error) => {
    const message = error.message.replaceAll('\n', ' ');
    if (json) console.log(JSON.stringify({ image, status: 'failed', error: message }));
    console.error(`saltworks: ${image}: ${message}`);
    failures.push(error);
  };
  const onStage = ({ name }: ImageTask, stage: string) => {
    const count = tasks.length > 1 ? `[${tasks.findIndex((task) => task.name === name) + 1}/${tasks.length}] ` : '';
    line.show(`${count}${name}: ${stage}`);
  };
  const fitting: ImageTask[] = [];
  for (const task of tasks) {
    // Test the longest result name first: do not compute what cannot be written.
    await expectName(join(out, `${task.name}.panoptic.json`)).then(
      () => fitting.push(task),
      (error) => fail(task.image, error),
    );
  }
  const onNotice = (notice: string) => {
    line.clear();
    console.error(`saltworks: ${notice}`);
  };
  for await (const outcome of segmentImages(fitting, results, onStage, onNotice)) {
    const { task } = outcome;
    try {
      if ('error' in outcome) throw outcome.error;
      const report = await writeResults(task, outcome.input, outcome.result, results);
      line.clear();
      console.log(json ? JSON.stringify(report) : describe(report));
      for (const warning of report.warnings) console.error(`saltworks: ${task.image}: ${warning}`);
    } catch (error) {
      line.clear();
      fail(task.image, error as Error);
    }
  }

  const summary = {
    images: tasks.length,
    done: tasks.length - failures.length,
    failed: failures.length,
    seconds: Math.round(performance.now() - start) / 1000,
    peak_memory_bytes: peakMemory(),
  };
  if (json) console.log(JSON.stringify(summary));
  else if (tasks.length > 1) {
    console.log(`${summary.done} of ${tasks.length} images in ${summary.seconds.toFixed(1)} s → ${out}`);
  }
  if (failures.length > 0) process.exitCode = failures.every((error) => error instanceof InvalidInputError) ? 2 : 1;
}

function describe({ name, segments, timings }: ImageReport): string {
  const stages = Object.entries(timings)
    .filter(([stage, ms]) => stage !== 'total' && ms >= 10)
    .map(([stage, ms]) => `${stage} ${(ms / 1000).toFixed(2)}`);
  const count = `${segments} segment${segments === 1 ? '' : 's'}`;
  return `${name}: ${count}, ${(timings.total / 1000).toFixed(2)} s (${stages.join(', ')})`;
}

/** The graph kinds that labels spread along: `rbf, similarity or knn`. */
const affinities = graphKinds
  .filter((kind) => kind !== 'walk')
  .join(', ')
  .replace(/, (\w+)$/, ' or $1');

/** The preset's changes by flags; a flag that would have no effect is refused. */
function changesOf(flags: Flags): Partial<SegmentOptions> {
  const preset = presets[flags.preset];
  // Options of an affinity imply an affinity graph.
  const spreads = [flags.sigma, flags.alpha, flags.colorWeight].some((given) => given !== undefined);
  const graph = flags.graph ?? (spreads ? 'rbf' : preset.graph);
  const colorWeight = flags.colorWeight ?? preset.colorWeight;
  const needs = (flag: string, given: unknown, met: boolean, what: string) => {
    if (given !== undefined && !met) throw new InvalidInputError(`${flag} with --graph ${graph}; expected ${what}`);
  };
  needs('--sigma', flags.sigma, graph === 'rbf', '--graph rbf');
  needs('--tau', flags.tau, graph === 'similarity', '--graph similarity');
  const isAffinity = graph !== 'walk';
  needs('--color-weight', flags.colorWeight, isAffinity, `--graph ${affinities}`);
  needs('--alpha', flags.alpha, isAffinity, `--graph ${affinities}`);
  needs('--neighbors', flags.neighbors, graph === 'knn' || colorWeight > 0, '--graph knn or --color-weight');
  const { sigma, tau, neighbors, alpha, refine, strokes, seed, upsample } = flags;
  return {
    ...{ graph, colorWeight, sigma, tau, neighbors, alpha, refine, strokes, seed },
    // Keys of overlapping patches already lie on the ×2 grid.
    upsample: upsample === 'overlap' || upsample === 'stride' ? 'none' : upsample,
  };
}

/** Matches scribbles to images, and names the results. */
async function plan(images: string[], scribbles: string): Promise<ImageTask[]> {
  const folder = (await isFolder(scribbles)) ? new Folder(scribbles) : undefined;
  if (!folder && images.length > 1) {
    throw new InvalidInputError(
      `one scribble file for ${images.length} images; expected a folder of NAME.json or NAME.png`,
    );
  }
  const stems = new Stems();
  const names = new Map<string, string>();
  for (const image of images) {
    const name = basename(image);
    const other = names.get(asSeen(name));
    if (other !== undefined) {
      const [one, two] = basename(other) === name ? [other, image] : [other, image].map(asWritten);
      throw new InvalidInputError(`${one} and ${two} are both called ${name}; expected names that differ`);
    }
    names.set(asSeen(name), image);
    stems.add(name);
  }
  const paths = new Set(images.map((image) => resolve(image)));
  // A copy of the image in the scribbles folder is not a scribble file.
  const isPictureOf = (image: string) => async (path: string) =>
    paths.has(resolve(path)) || (await hasSameBytes(path, image));
  return Promise.all(
    images.map(async (image) => ({
      image,
      name: stems.of(basename(image)),
      scribbles: folder ? await findScribbles(folder, basename(image), isPictureOf(image)) : scribbles,
    })),
  );
}

async function hasSameBytes(path: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([path, other].map((each) => readFile(each).catch(() => undefined)));
  return a !== undefined && b !== undefined && a.equals(b);
}

/** This process's peak memory, bytes. Linux's own count starts at the parent's size at the fork. */
function peakMemory(): number {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kilobytes !== undefined) return 1024 * Number(kilobytes);
  } catch {
    // Other systems lack this file.
  }
  return 1024 * process.resourceUsage().maxRSS;
}
