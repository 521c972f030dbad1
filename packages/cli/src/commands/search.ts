/** `saltworks search`: where else in a dataset something looks like an example. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { regionBox } from '@saltworks/contract/documents/run-lengths';
import type { SearchReport } from '@saltworks/contract/documents/searches';
import { InvalidInputError } from '@saltworks/contract/errors';
import { keysId } from '@saltworks/contract/layout';
import type { ExtractSettings } from '@saltworks/contract/options';
import { searchDataset } from '@saltworks/orchestrator/runs/start';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { countKeys } from '@saltworks/store/datasets/key-sets';
import { openStoreToWrite } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { readSearchReport, writeQuery } from '@saltworks/store/searches/searches';
import { findImage, findImageOf, regionOf, regionOfStrokes, sizeOf } from '@saltworks/worker/searches/example';
import type { Command } from 'commander';
import { chosenKeys } from '../backbones.ts';
import { follow } from '../follow.ts';
import { interruption } from '../interrupt.ts';
import { parseWhole } from '../options.ts';
import { readSettings } from '../settings.ts';
import { type RunFlags, recipeNamed, runCommand } from './runs.ts';

interface SearchFlags extends RunFlags {
  like?: string;
  scribble?: string;
  image?: string;
  top: number;
  candidates?: number;
}

export const searchCommand = (): Command =>
  runCommand('search', 'find the images of a dataset in which something looks like a segment or a stroke')
    .option(
      '--like <image:segment>',
      'the example: a segment of an image, by its id in the mask, scribbles or known mask',
    )
    .option('--scribble <file>', 'the example: strokes (JSON or PNG) on the image of the same name; not the background')
    .option('--image <image>', 'the image that the strokes are on, by name or id')
    .option('--top <n>', 'images to show', parseWhole(1), 10)
    .option(
      '--candidates <n>',
      'images that the index names for a closer look (default: 8 times as many as are shown, at least 100)',
      parseWhole(1),
    )
    .addHelpText(
      'after',
      `
Keys of the images must be there (extract). The first search makes an index of them; later ones add what is new.
Each image is shown once, at its best place; the image of the example is left out.`,
    )
    .action(search);

async function search(dataset: string, flags: SearchFlags): Promise<void> {
  const { like, scribble, top, candidates, window, attempts } = flags;
  const json = !!flags.json;
  if ((like === undefined) === (scribble === undefined)) {
    throw new InvalidInputError(
      `${like === undefined ? 'no example' : '--like and --scribble'}; expected --like IMAGE:SEGMENT or --scribble FILE`,
    );
  }
  const settings = readSettings();
  const store = await openStoreToWrite(settings.store, settings.s3);
  const extract = await chosenKeys(flags);
  await expectComparableKeys(store, dataset, extract);
  const { image, ...example } = await exampleOf(store, dataset, flags, extract);
  const { id, sha256, name, object } = image;
  const box = regionBox(example.region, example.width);
  const of = { dataset, extract, image: { id, sha256, name, object }, ...example, box };
  const query = await writeQuery(store, { ...of, top, ...(candidates && { candidates }) }, { signal: interruption });
  const { seconds } = await follow(dataset, json, (client) =>
    searchDataset(client, { dataset, extract, query, window, attempts }),
  );
  const report = await readSearchReport(store, { dataset, query }, { signal: interruption });
  if (!report) throw new Error(`what was found in ${dataset} is gone from the store; expected the same command again`);
  const { images, compared, results } = report;
  const asked = {
    dataset,
    image: name,
    id,
    ...(like === undefined ? { scribble } : { segment: segmentIn(like).segment }),
  };
  if (json) {
    const places = results.map(({ sha256: _, ...place }) => place);
    console.log(JSON.stringify({ query: asked, images, compared, seconds, results: places }));
  } else print(report, `${dataset}: ${images} images searched, ${compared} compared in full, ${seconds.toFixed(1)} s`);
}

/** @throws InvalidInputError if the dataset has no such keys, or those of one image say nothing about another's */
async function expectComparableKeys(store: ObjectStore, dataset: string, extract: ExtractSettings): Promise<void> {
  await readDataset(store, dataset, { signal: interruption });
  const keys = keysId(extract.backbone, extract);
  if (extract.codec?.startsWith('pca-')) {
    throw new InvalidInputError(
      `keys ${keys}: every image has axes of its own; expected keys kept as float16 or int8 to compare images`,
    );
  }
  if ((await countKeys(store, dataset, keys, { signal: interruption })).images > 0) return;
  throw new InvalidInputError(`no keys ${keys} of ${dataset}; expected some (saltworks extract ${dataset})`);
}

async function exampleOf(
  store: ObjectStore,
  dataset: string,
  { like, scribble, image: named }: SearchFlags,
  extract: ExtractSettings,
) {
  if (like !== undefined) {
    const { given, segment } = segmentIn(like);
    const image = await findImage(store, dataset, given, interruption);
    const size = await sizeOf(store, dataset, image, extract, interruption);
    const recipe = await recipeNamed({ extract, preset: 'best', solve: {} });
    const region = await regionOf(store, { dataset, recipe }, image, segment, size, interruption);
    return { image, ...size, region };
  }
  const file = scribble!;
  const extension = extname(file).toLowerCase();
  if (extension !== '.json' && extension !== '.png') {
    throw new InvalidInputError(`--scribble ${file}; expected a .json or .png file of scribbles`);
  }
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new InvalidInputError(`--scribble ${file}: ${error.code ?? error.message}; expected a readable file`);
  });
  const image =
    named === undefined
      ? await findImageOf(store, dataset, file, interruption)
      : await findImage(store, dataset, named, interruption);
  const size = await sizeOf(store, dataset, image, extract, interruption);
  try {
    return { image, ...size, region: regionOfStrokes(bytes, extension, size) };
  } catch (error) {
    if (error instanceof InvalidInputError) throw new InvalidInputError(`${file}: ${error.message}`);
    throw error;
  }
}

/** The last colon counts: names may have some. @throws InvalidInputError unless there is a segment's id behind it */
function segmentIn(like: string): { given: string; segment: number } {
  const [, given, id] = /^(.+):(\d+)$/s.exec(like) ?? [];
  const segment = Number(id);
  if (Number.isSafeInteger(segment) && segment > 0) return { given, segment };
  throw new InvalidInputError(`--like ${like}; expected IMAGE:SEGMENT, the segment a whole number from 1`);
}

function print({ results }: SearchReport, summary: string): void {
  for (const { score, image, box, place } of results) {
    console.log(`${score.toFixed(3)}  ${image}  at ${place.join(', ')}  box ${box.join(', ')}`);
  }
  console.log(summary);
}
