/** Images of a dataset or a campaign that a command names: by name, by a saved filter, or all. */
import { getFilters, type ImageFilter, mostNamed } from '@saltworks/contract/api/filters';
import { getDatasetImages } from '@saltworks/contract/api/mask-sets';
import { getCampaignTasks } from '@saltworks/contract/api/tasks';
import type { Subject } from '@saltworks/contract/documents/builds';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { Api } from './api.ts';
import { campaignAt } from './campaigns.ts';
import { subjectText } from './subjects.ts';

export interface WhichImages {
  image?: string[];
  filter?: string;
  all?: boolean;
}

/** @throws InvalidInputError unless one of them is given */
export function expectOne({ image, filter, all }: WhichImages): void {
  if ([image, filter, all].filter((each) => each !== undefined).length === 1) return;
  throw new InvalidInputError('which images; expected one of --image, --filter and --all');
}

/** As the API has them. @throws InvalidInputError if an image or the filter is missing */
export const imagesAsked = async (
  api: Api,
  subject: Subject,
  { image, filter }: Omit<WhichImages, 'all'>,
): Promise<{ images: number[] } | { filter: ImageFilter }> =>
  image
    ? { images: await numbersOf(api, subject, image) }
    : { filter: filter === undefined ? {} : await filterNamed(api, subject, filter) };

async function filterNamed(api: Api, subject: Subject, name: string): Promise<ImageFilter> {
  const filters = await api(getFilters, { params: { subject: subjectText(subject) } });
  const found = filters.find((each) => each.name === name);
  if (found) return found.filter as ImageFilter;
  throw new InvalidInputError(`no filter ${name}; expected one of: saltworks filter ls ${subjectText(subject)}`);
}

/** Numbers of images in their dataset, by names. @throws InvalidInputError if one is missing */
async function numbersOf(api: Api, subject: Subject, names: readonly string[]): Promise<number[]> {
  if (names.length > mostNamed)
    throw new InvalidInputError(`${names.length} images; expected at most ${mostNamed}, or --filter`);
  const found: number[] = [];
  for (const name of names) found.push(await numberOf(api, subject, name));
  return found;
}

async function numberOf(api: Api, { kind, name: of }: Subject, name: string): Promise<number> {
  for (let after: string[] = []; ; ) {
    const query: [string, string][] = [
      ['name', name],
      ['limit', '200'],
      ...after.map((each): [string, string] => ['after', each]),
    ];
    const { items, next } =
      kind === 'campaign'
        ? await api(getCampaignTasks, { ...campaignAt(of), query })
        : await api(getDatasetImages, { params: { dataset: of }, query });
    for (const item of items) {
      if ('image' in item ? item.image.name === name : item.name === name || item.also?.includes(name)) {
        return 'image' in item ? item.image.id : item.id;
      }
    }
    if (next === null) throw new InvalidInputError(`no image ${name}; expected one of ${of}`);
    after = [next];
  }
}
