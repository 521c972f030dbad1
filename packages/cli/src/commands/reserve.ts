/** `saltworks campaign reserve`: images for given members. */
import { getCampaignTasks, putTaskPeople } from '@saltworks/contract/api/tasks';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command } from 'commander';
import type { Api } from '../api.ts';
import { campaignAt, findMember } from '../campaigns.ts';
import { withApi } from '../stack/connect.ts';

export const reserveCommand = (): Command =>
  new Command('reserve')
    .description('give images to given members: they get them first, and nobody else does')
    .argument('<id>', 'of the campaign')
    .argument('<image...>', 'names of its images')
    .option('--for <email...>', 'the members')
    .option('--anyone', 'free the images for all again')
    .option('--json', 'JSON, one document a line')
    .addHelpText(
      'after',
      '\nExample: saltworks campaign reserve pets cat.jpg dog.jpg --for ann@example.org bob@example.org',
    )
    .action(reserve);

interface Flags {
  for?: string[];
  anyone?: boolean;
  json?: boolean;
}

async function reserve(id: string, images: string[], { for: emails = [], anyone, json }: Flags): Promise<void> {
  if (emails.length > 0 === Boolean(anyone))
    throw new InvalidInputError('whom the images are for; expected --for EMAIL or --anyone');
  await withApi(json, async (api) => {
    const people: string[] = [];
    for (const email of emails) people.push(await findMember(api, id, email));
    for (const [image, task] of await findTasks(api, id, images)) {
      await api(putTaskPeople, { params: { task }, body: { people } });
      if (json) console.log(JSON.stringify({ task, image, people }));
      else console.log(`${image}: for ${emails.length > 0 ? emails.join(', ') : 'anyone'}`);
    }
  });
}

/** Tasks by the names of their images. @throws InvalidInputError if one is missing */
async function findTasks(api: Api, id: string, images: readonly string[]): Promise<Map<string, string>> {
  const wanted = new Set(images);
  const found = new Map<string, string>();
  for (let after: string | undefined; found.size < wanted.size; ) {
    const { items, next } = await api(getCampaignTasks, { ...campaignAt(id), query: { limit: 200, after } });
    for (const { id: task, image } of items) {
      if (wanted.has(image.name) && !image.former) found.set(image.name, task);
    }
    if (next === null) break;
    after = next;
  }
  const missing = images.find((image) => !found.has(image));
  if (missing !== undefined) throw new InvalidInputError(`no image ${missing}; expected one of campaign ${id}`);
  return found;
}
