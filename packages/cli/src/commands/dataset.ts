/** `saltworks dataset …`: imports images and lists datasets. */

import { shownCampaigns } from '@saltworks/contract/api/campaigns';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import type { Failure } from '@saltworks/contract/documents/failures';
import { type LabelFormat, labelFormatNames } from '@saltworks/contract/label-formats';
import type { ValueWindow } from '@saltworks/core/image/image';
import { pinClasses } from '@saltworks/store/datasets/classes';
import { drawnNames, listDatasets, readDataset, readImages } from '@saltworks/store/datasets/dataset';
import { readFailures } from '@saltworks/store/datasets/failures';
import { Fingerprints } from '@saltworks/store/datasets/fingerprints';
import { expectInUse, inUse, listOf, type Place, placeOf, readPlaces } from '@saltworks/store/datasets/shelf';
import type { ImportReport } from '@saltworks/store/import/import';
import { importDataset } from '@saltworks/store/import/import';
import { importScribbles, notePictures } from '@saltworks/store/import/import-scribbles';
import { openStore, openStoreToWrite } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { expectStorage } from '@saltworks/store/storage/level';
import { openSource } from '@saltworks/worker/import';
import { lookAt, throughWindow } from '@saltworks/worker/pictures';
import { Command, Option } from 'commander';
import { categoriesOption, readNumbers } from '../categories.ts';
import { isFolder } from '../files.ts';
import { interruption } from '../interrupt.ts';
import { leftOut } from '../left-out.ts';
import { windowOption } from '../options.ts';
import { progress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { datasetImagesCommands } from './dataset-images.ts';
import { datasetShelfCommands } from './dataset-shelf.ts';
import { formatsCommand } from './formats.ts';
import { keysCommand } from './keys.ts';
import { exportCommand } from './runs.ts';

export function datasetCommand(): Command {
  const command = new Command('dataset').description('images brought in, and what became of them');
  command
    .command('import')
    .description('add the images of a folder, an s3:// prefix or a document; only what is new or changed is read')
    .argument('<source>', 'a folder, s3://bucket/prefix, or a document of COCO, CVAT or Label Studio')
    .requiredOption('--name <name>', 'of the dataset')
    .option('--scribbles <dir>', 'a folder with NAME.json or NAME.png for images')
    .option('--images <dir>', 'the folder of the images, where a document does not lie beside them')
    .addOption(
      new Option('--labels <format>', "labels beside a folder's pictures, which become their known masks").choices([
        'auto',
        ...labelFormatNames,
      ]),
    )
    .option(...windowOption)
    .option(...categoriesOption)
    .option('--json', 'one JSON document instead of text')
    .action(importCommand);
  command
    .command('ls')
    .description('the datasets, or one of them')
    .argument('[name]')
    .addOption(
      new Option('--show <which>', 'those in use, in the archive, or deleted and not yet gone')
        .choices(shownCampaigns.options)
        .default('current'),
    )
    .option('--failed', 'its images that could not be used, with reasons')
    .option('--duplicates', 'its names that are the same picture as another, and whether exports hold them')
    .option('--json', 'JSON, one document a line')
    .action(list);
  for (const each of [...datasetImagesCommands(), ...datasetShelfCommands()]) command.addCommand(each);
  command.addCommand(keysCommand());
  command.addCommand(exportCommand());
  command.addCommand(formatsCommand());
  return command;
}

interface ImportFlags {
  name: string;
  scribbles?: string;
  images?: string;
  labels?: LabelFormat | 'auto';
  window?: ValueWindow;
  categories?: string;
  json?: boolean;
}

async function importCommand(source: string, flags: ImportFlags): Promise<void> {
  const { name, scribbles, window, json } = flags;
  const numbers = flags.categories === undefined ? undefined : await readNumbers(flags.categories);
  const settings = readSettings();
  const store = await openStoreToWrite(settings.store, settings.s3);
  if (scribbles !== undefined) await isFolder(scribbles);
  await expectInUse(store, name);
  await expectStorage(store);
  const line = progress(process.stderr, json);
  const onProgress = ({ files, added }: ImportReport) => line.show(`${name}: ${files} files, ${added} new`);
  const { files, categories, labels, recognised } = await openSource(source, {
    ...{ s3: settings.s3, images: flags.images, labels: flags.labels, signal: interruption },
    onProgress: (share) => line.show(`${source}: ${Math.floor(100 * share)} % read`),
  }).finally(line.clear);
  if (recognised !== undefined) console.error(`saltworks: ${source}: labels of ${recognised}`);
  const pictures = new Fingerprints();
  let report: Awaited<ReturnType<typeof importDataset>>;
  try {
    const look = lookAt({ maxPixels: settings.maxPixels, window });
    const noted = scribbles === undefined ? files : notePictures(files, pictures);
    const offered = window ? throughWindow(noted, window) : noted;
    const options = { source, labels, categories, look, signal: interruption, onProgress };
    report = await importDataset(store, name, offered, options);
  } finally {
    line.clear();
  }
  if (numbers) await pinClasses(store, name, numbers, { signal: interruption });
  const drawn =
    scribbles === undefined
      ? undefined
      : await importScribbles(store, report.dataset, scribbles, {
          ...{ pictures, signal: interruption },
          onNote: (note) => report.notes.push(note),
        });
  const { added, unchanged, duplicates, replaced, failed, left, truths, notes, dataset } = report;
  const out = leftOut(report);
  if (json) {
    const { images } = dataset;
    const taken = {
      dataset: name,
      images,
      added,
      unchanged,
      duplicates,
      replaced,
      scribbles: drawn,
      known_masks: truths,
    };
    console.log(JSON.stringify({ ...taken, failed, left_out: left, notes }));
  } else {
    const more = [
      ...(replaced > 0 ? [`${replaced} replaced`] : []),
      ...(drawn === undefined ? [] : [`${drawn} with scribbles`]),
      ...(truths > 0 ? [`${truths} with known masks`] : []),
    ];
    const taken = [`${added} new`, `${unchanged} unchanged`, `${duplicates} duplicates`, ...more];
    console.log(`${name}: ${dataset.images} images (${taken.join(', ')})${out && `; left out: ${out}`}`);
  }
  if (replaced > 0) console.error(`saltworks: ${replacedText(replaced)}`);
  for (const { name: file, note } of notes.slice(0, mostNotes)) console.error(`saltworks: ${file}: ${note}`);
  if (notes.length > mostNotes) console.error(`saltworks: ${notes.length - mostNotes} more of these; --json has all`);
  for (const { name: file, reason } of failed) console.error(`saltworks: ${file}: ${reason}`);
  if (report.files === 0) {
    console.error(
      `saltworks: ${source}: no pictures${out && ` (${out})`}; expected JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP files`,
    );
  }
  if (failed.length > 0 || report.files === 0) process.exitCode = 2;
}

/** Warns that images were replaced, as two folders imported as one dataset do; importing again undoes it. */
const replacedText = (replaced: number): string =>
  `${replaced === 1 ? 'a picture has' : `${replaced} pictures have`} other bytes than before under the same name; what was drawn on the former version stays with it, and it comes back with its bytes`;

/** Lines about files left out of the import. */
const mostNotes = 20;

interface ListFlags {
  show: ReturnType<typeof listOf>;
  failed?: boolean;
  duplicates?: boolean;
  json?: boolean;
}

async function list(name: string | undefined, { show, failed, duplicates, json }: ListFlags): Promise<void> {
  const settings = readSettings();
  const store = openStore(settings.store, settings.s3);
  if (name === undefined) {
    const places = await readPlaces(store);
    for await (const dataset of listDatasets(store)) {
      const place = places.get(dataset.name) ?? inUse;
      if (listOf(place) === show)
        console.log(json ? JSON.stringify({ ...dataset, ...place }) : `${describe(dataset)}${tellPlace(place)}`);
    }
    return;
  }
  const dataset = await readDataset(store, name);
  if (!failed && !duplicates) {
    const place = await placeOf(store, name);
    return console.log(json ? JSON.stringify({ ...dataset, ...place }) : `${describe(dataset)}${tellPlace(place)}`);
  }
  if (duplicates) {
    for await (const twin of duplicatesOf(store, dataset)) console.log(json ? JSON.stringify(twin) : tellTwin(twin));
  }
  if (!failed) return;
  for await (const failure of readFailures(store, dataset)) console.log(json ? JSON.stringify(failure) : tell(failure));
}

interface Duplicate {
  name: string;
  same_as: string;
  exported: boolean;
}

async function* duplicatesOf(store: ObjectStore, dataset: Dataset): AsyncGenerator<Duplicate> {
  for await (const image of readImages(store, dataset, { signal: interruption })) {
    const exported = drawnNames(image).map(({ name }) => name);
    for (const { name } of image.names) {
      if (name !== image.name) yield { name, same_as: image.name, exported: exported.includes(name) };
    }
  }
}

const tellTwin = ({ name, same_as, exported }: Duplicate) =>
  `${name}: the same picture as ${same_as}; exports hold ${exported ? 'both' : 'that alone'}`;

const describe = ({ name, images, former = 0, bytes, shards, source, updated }: Dataset) =>
  `${name}  ${images} images${former > 0 ? ` (and ${former} former)` : ''}  ${(bytes / 1e6).toFixed(1)} MB  ${shards} shards  from ${source}  ${updated}`;

const tellPlace = ({ archived, deleted }: Place): string =>
  deleted ? `  deleted, goes ${deleted.goes}` : archived ? `  archived ${archived}` : '';

const tell = ({ step, name, reason }: Failure & { step: string }) => `${step}  ${name}: ${reason}`;
