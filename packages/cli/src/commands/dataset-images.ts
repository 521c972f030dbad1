/** `saltworks dataset remove`, `removed`, `put-back`: images that are taken out of a dataset. */
import {
  getDatasetRemoved,
  postDatasetRemoved,
  postDatasetRemovedBack,
  type RemovedImage,
} from '@saltworks/contract/api/datasets';
import { mostNamed } from '@saltworks/contract/api/filters';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command } from 'commander';
import type { Api } from '../api.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';
import { imagesAsked } from '../which-images.ts';

const at = (dataset: string) => ({ params: { dataset } });
const counted = (images: number) => `${images} image${images === 1 ? '' : 's'}`;

export const datasetImagesCommands = (): Command[] => [
  new Command('remove')
    .description(
      'take images out of a dataset that nobody works on; they can be put back until their grace period ends',
    )
    .argument('<name>', 'of the dataset')
    .option('--image <name...>', 'names of images')
    .option('--filter <name>', 'all that fit this saved filter now')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
An image that an annotator was given, in whatever campaign, stays. One that is out is in no run, export or new campaign, and an import
leaves its file out. At the end of the grace period (SALTWORKS_GRACE_DAYS of the server) its picture goes for good, unless another
dataset has it, with its keys, scribbles and known mask. Files that it was imported from stay.

Examples:
  saltworks dataset remove street --image blurred.jpg
  saltworks dataset remove street --filter unusable`,
    )
    .action((name: string, flags: Flags) => remove(name, flags)),
  new Command('removed')
    .description('images that were taken out of a dataset, and when their pictures go for good')
    .argument('<name>', 'of the dataset')
    .option('--json', 'JSON, one document a line')
    .action((name: string, { json }: { json?: boolean }) =>
      withApi(json, async (api) => {
        const images = await allRemoved(api, name);
        if (json) for (const image of images) console.log(JSON.stringify(image));
        else if (images.length > 0)
          console.log(
            table(
              ['image', 'taken out', 'goes'],
              images.map(({ name, at, goes, gone }) => [name, at, gone ? 'gone' : goes] as const),
            ),
          );
      }),
    ),
  new Command('put-back')
    .description('put images back that were taken out; of those that are gone, the files may be imported again')
    .argument('<name>', 'of the dataset')
    .option('--image <name...>', 'names of images')
    .option('--all', 'all that were taken out')
    .option('--json', 'one JSON document instead of text')
    .action((name: string, flags: Flags & { all?: boolean }) => putBack(name, flags)),
];

interface Flags {
  image?: string[];
  filter?: string;
  json?: boolean;
}

async function remove(name: string, { image, filter, json }: Flags): Promise<void> {
  if ((image === undefined) === (filter === undefined))
    throw new InvalidInputError('which images; expected one of --image and --filter');
  await withApi(json, async (api) => {
    const body = await imagesAsked(api, { kind: 'dataset', name }, { image, filter });
    const { images, goes } = await api(postDatasetRemoved, { ...at(name), body });
    if (json) console.log(JSON.stringify({ name, images, goes }));
    else
      console.log(
        `${name}: ${counted(images)} taken out; saltworks dataset put-back ${name} brings them back until ${goes}`,
      );
  });
}

async function putBack(name: string, { image, all, json }: Flags & { all?: boolean }): Promise<void> {
  if ((image === undefined) === (all === undefined))
    throw new InvalidInputError('which images; expected one of --image and --all');
  await withApi(json, async (api) => {
    const removed = await allRemoved(api, name);
    const wanted = image ? image.map((each) => numberOf(removed, each)) : removed.map(({ id }) => id);
    const done = { images: 0, gone: 0 };
    for (let from = 0; from < wanted.length; from += mostNamed) {
      const body = { images: wanted.slice(from, from + mostNamed) };
      const part = await api(postDatasetRemovedBack, { ...at(name), body });
      done.images += part.images;
      done.gone += part.gone;
    }
    if (json) return console.log(JSON.stringify({ name, ...done }));
    const gone = done.gone > 0 ? `; ${counted(done.gone)} gone, whose files may be imported again` : '';
    console.log(`${name}: ${counted(done.images)} put back${gone}`);
  });
}

function numberOf(removed: readonly RemovedImage[], name: string): number {
  const found = removed.find((each) => each.name === name);
  if (found) return found.id;
  throw new InvalidInputError(`no image ${name} that was taken out; expected one of: saltworks dataset removed`);
}

async function allRemoved(api: Api, name: string): Promise<RemovedImage[]> {
  const all: RemovedImage[] = [];
  for (let after = 0; ; ) {
    const { items, next } = await api(getDatasetRemoved, { ...at(name), query: { after, limit: 200 } });
    all.push(...items);
    if (next === null) return all;
    after = Number(next);
  }
}
