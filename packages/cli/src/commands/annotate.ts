/** `saltworks annotate PHOTO…`: one's own pictures on the page, with nothing to set up; each mask is written beside its picture. */
import { copyFile, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, parse } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getMe, postUserLink } from '@saltworks/contract/api/accounts';
import { type Campaign, getCampaignProgress, getCampaigns, postCampaigns } from '@saltworks/contract/api/campaigns';
import { addressOf, type Endpoint } from '@saltworks/contract/api/endpoint';
import { getCampaignTasks, getTaskMask, type Task } from '@saltworks/contract/api/tasks';
import { InvalidInputError } from '@saltworks/contract/errors';
import { importDataset } from '@saltworks/store/import/import';
import { sha256Of } from '@saltworks/store/objects/canonical';
import { openStoreToWrite } from '@saltworks/store/objects/open';
import { expectStorage } from '@saltworks/store/storage/level';
import { openSource } from '@saltworks/worker/import';
import { lookAt } from '@saltworks/worker/pictures';
import { Command } from 'commander';
import { type Api, asking } from '../api.ts';
import { campaignAt } from '../campaigns.ts';
import { readCategories } from '../categories.ts';
import { isFolder, makeFolder, writeWhole } from '../files.ts';
import { makeHome } from '../home.ts';
import { interruption } from '../interrupt.ts';
import { waitForTasks } from '../preparation.ts';
import type { Progress } from '../progress.ts';
import { readSettings, type Settings } from '../settings.ts';
import { serverOf, withApi } from '../stack/connect.ts';

const defaultClasses = 'object';
const mostPhotos = 200;
/** How often the command asks what was handed in, milliseconds. */
const lookMs = 700;

export const annotateCommand = (): Command =>
  new Command('annotate')
    .description('draw on your own pictures in the browser; each mask is written beside its picture')
    .argument('<photo...>', 'JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP files')
    .option('--classes <list>', `"cat,dog,sky:stuff", or a .json file of names (default: ${defaultClasses})`)
    .option('--out <dir>', 'a folder for the masks, instead of beside the pictures')
    .option('--json', 'JSON instead of text: where to draw, and at the end the masks')
    .addHelpText(
      'after',
      `
NAME.mask.png holds the number of a segment in every pixel (spec/mask.md), NAME.mask.json the class of each segment. The command ends once every picture is
handed in. After Ctrl-C, or to correct a mask, the same command goes on with what was drawn.

Example: saltworks annotate harbour.jpg --classes boat,person,water:stuff`,
    )
    .action(annotate);

interface Flags {
  classes?: string;
  out?: string;
  json?: boolean;
}

/** A picture and where its mask goes. */
interface Photo {
  path: string;
  name: string;
  png: string;
  document: string;
}

async function annotate(paths: string[], { classes, out, json }: Flags): Promise<void> {
  const photos = await photosOf(paths, out);
  const categories = classes === undefined ? undefined : await readCategories(classes);
  const settings = readSettings();
  const id = `photos-${sha256Of(JSON.stringify(photos.map(({ path }) => path))).slice(0, 12)}`;
  await withApi(json, async (direct, line) => {
    const api = asking(direct);
    const known = (await api(getCampaigns)).find((campaign) => campaign.id === id);
    if (known) expectClasses(known, categories);
    else for (const photo of photos) await expectFree(photo);
    if (out !== undefined) await makeFolder(out);
    await bringIn(settings, id, photos);
    const campaign =
      known ??
      (await api(postCampaigns, {
        body: {
          ...{
            id,
            dataset: id,
            name: photos
              .map(({ name }) => name)
              .join(', ')
              .slice(0, 100),
          },
          categories: categories ?? (await readCategories(defaultClasses)),
        },
      }));
    await waitForTasks(api, id, line);
    await tellPlace(api, settings, id, json);
    const written = await writeMasks(api, campaign, photos, { line, json });
    if (json) console.log(JSON.stringify({ campaign: id, images: photos.length, masks: written }));
  });
}

/** @throws InvalidInputError for a path that is no file, and for two pictures or masks of one name */
async function photosOf(paths: string[], out: string | undefined): Promise<Photo[]> {
  if (paths.length > mostPhotos) {
    throw new InvalidInputError(
      `${paths.length} pictures; expected at most ${mostPhotos}: import more as a dataset (saltworks dataset import)`,
    );
  }
  const photos: Photo[] = [];
  for (const given of paths) {
    if (await isFolder(given)) {
      throw new InvalidInputError(`${given} is a folder; expected pictures (of a folder: saltworks dataset import)`);
    }
    const path = await realpath(given);
    const name = basename(path);
    const stem = join(out ?? dirname(given), parse(given).name);
    const photo = { path, name, png: `${stem}.mask.png`, document: `${stem}.mask.json` };
    const twin = photos.find((other) => other.name === name || other.png === photo.png);
    if (twin) throw new InvalidInputError(`${given} and ${twin.path} have one name; expected a command for each`);
    photos.push(photo);
  }
  return photos;
}

/** @throws InvalidInputError if the place of a mask is taken by a file that this command did not write */
async function expectFree({ png, document }: Photo): Promise<void> {
  for (const path of [png, document]) {
    if (await stat(path).catch(() => undefined)) {
      throw new InvalidInputError(`${path} is there already; expected --out and another folder`);
    }
  }
}

/** @throws InvalidInputError if the pictures have other classes already */
function expectClasses({ id, categories }: Campaign, wanted: Campaign['categories'] | undefined): void {
  const names = (list: Campaign['categories']) => list.map(({ name }) => name).join(', ');
  if (!wanted || names(wanted) === names(categories)) return;
  throw new InvalidInputError(
    `--classes ${names(wanted)}; these pictures have ${names(categories)}: expected saltworks campaign classes ${id}`,
  );
}

/** Imports the pictures as a dataset; again, nothing changes. @throws InvalidInputError if one cannot be read */
async function bringIn({ home, store: place, s3, maxPixels }: Settings, name: string, photos: Photo[]): Promise<void> {
  const store = await openStoreToWrite(place, s3);
  await expectStorage(store);
  await makeHome(home);
  const folder = await mkdtemp(join(home, 'photos-'));
  try {
    for (const photo of photos) await copyFile(photo.path, join(folder, photo.name));
    const { files } = await openSource(folder, { s3, signal: interruption });
    const options = { source: dirname(photos[0].path), look: lookAt({ maxPixels }), signal: interruption };
    const { failed, files: read, duplicates } = await importDataset(store, name, files, options);
    for (const { name: file, reason } of failed) throw new InvalidInputError(`${file}: ${reason}`);
    if (read < photos.length) {
      throw new InvalidInputError(
        `${photos.length - read} of ${photos.length} files are no pictures; expected JPEG, PNG, WebP, GIF, TIFF, AVIF or BMP files`,
      );
    }
    if (duplicates > 0) throw new InvalidInputError('two of the files are the same picture; expected different ones');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Says where to draw; once all is handed in, where to open a picture again. */
async function tellPlace(api: Api, settings: Settings, id: string, json: boolean | undefined): Promise<void> {
  const me = await api(getMe);
  const { link } = await api(postUserLink, { params: { user: me.id } });
  const { tasks, done } = await api(getCampaignProgress, campaignAt(id));
  const place = `${await serverOf(settings)}${done < tasks ? `/campaigns/${id}/annotate` : '/work'}`;
  if (json) return console.log(JSON.stringify({ link, place }));
  console.log(`Sign in:  ${link}\n          (once, within ten minutes)`);
  console.log(done < tasks ? `Draw at:  ${place}` : `Every picture is handed in. Open one again at:  ${place}`);
}

/** Writes each mask as soon as it is handed in, until all are. @returns the paths of the masks */
async function writeMasks(
  api: Api,
  { id, categories }: Campaign,
  photos: readonly Photo[],
  { line, json }: { line: Progress; json: boolean | undefined },
): Promise<string[]> {
  const written = new Map<Photo, string>();
  /** What was done before; where all is handed in at first, something is done before the end. */
  let before: string | undefined;
  for (;;) {
    const { items } = await api(getCampaignTasks, { ...campaignAt(id), query: { limit: mostPhotos } });
    const handed = photos.flatMap((photo) => {
      const task = items.find(({ image }) => image.name === photo.name && !image.former);
      const isHanded = task?.works.some(({ state }) => state === 'submitted' || state === 'accepted');
      return isHanded && task?.mask ? [{ photo, task, mask: task.mask }] : [];
    });
    for (const { photo, task, mask } of handed) {
      if (written.get(photo) === mask) continue;
      await writeMask(api, task, photo, categories);
      written.set(photo, mask);
      line.clear();
      if (!json) console.log(`${photo.name}: ${photo.png}`);
    }
    const done = JSON.stringify(items.map(({ works }) => works));
    if (handed.length < photos.length) before = '';
    else if (before === undefined) before = done;
    else if (done !== before) return photos.map(({ png }) => png);
    line.show(`${handed.length} of ${photos.length} handed in; Ctrl-C ends, and the same command goes on`);
    await sleep(lookMs, undefined, { signal: interruption });
  }
}

async function writeMask(
  api: Api,
  task: Task,
  { png, document }: Photo,
  categories: Campaign['categories'],
): Promise<void> {
  const mask: Endpoint = { ...getTaskMask, url: addressOf(getTaskMask, { params: { task: task.id } }) };
  await writeWhole(png, api.stream(mask));
  const segments_info = task.segments.map((segment) => ({ id: segment.id, category_id: segment.category }));
  const named = categories.map(({ id, name, isthing }) => ({ id, name, isthing: isthing ? 1 : 0 }));
  const content = { file_name: basename(png), segments_info, categories: named };
  await writeWhole(document, `${JSON.stringify(content, null, 1)}\n`);
}
