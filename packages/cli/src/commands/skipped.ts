/** `saltworks campaign skipped`: lists skipped images with reasons, and offers them again. */

import type { Assignment } from '@saltworks/contract/api/assignments';
import { postTaskOffer } from '@saltworks/contract/api/tasks';
import { InvalidInputError } from '@saltworks/contract/errors';
import { Command } from 'commander';
import { assignmentsIn } from '../campaigns.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

export const skippedCommand = (): Command =>
  new Command('skipped')
    .description('images that annotators skipped: who, when and why')
    .argument('<id>', 'of the campaign')
    .option('--offer <which>', 'offer again to those who skipped it: the image of this name, or all')
    .option('--json', 'JSON, one document a line')
    .addHelpText('after', '\nExample: saltworks campaign skipped pets --offer cat.jpg')
    .action(skipped);

async function skipped(id: string, { offer, json }: { offer?: string; json?: boolean }): Promise<void> {
  await withApi(json, async (api) => {
    const found = await assignmentsIn(api, id, ['skipped']);
    if (offer !== undefined) {
      const chosen = offer === 'all' ? found : found.filter(({ image }) => image.name === offer);
      if (chosen.length === 0 && offer !== 'all') {
        throw new InvalidInputError(`nobody skipped ${offer}; expected one of: saltworks campaign skipped ${id}`);
      }
      for (const [task, { image }] of new Map(chosen.map((one) => [one.task, one]))) {
        const { offered } = await api(postTaskOffer, { params: { task } });
        if (json) console.log(JSON.stringify({ task, image: image.name, offered }));
        else console.log(`${image.name}: offered again to ${offered} annotator${offered === 1 ? '' : 's'}`);
      }
      return;
    }
    if (json) for (const one of found) console.log(JSON.stringify(summary(one)));
    else if (found.length === 0) console.log('nobody skipped an image');
    else {
      const rows = found.map(({ image, author, updated, reason }) => [image.name, author, updated, reason ?? '']);
      console.log(table(['image', 'annotator', 'when', 'why'], rows));
    }
  });
}

const summary = ({ task, image, user, author, updated, reason }: Assignment) => ({
  ...{ task, image: image.name, user, annotator: author },
  ...{ skipped: updated, reason },
});
