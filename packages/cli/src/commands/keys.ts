/** `saltworks dataset keys`: the sets of keys that a dataset has. */
import { deleteDatasetKeyset } from '@saltworks/contract/api/keys';
import { readDataset } from '@saltworks/store/datasets/dataset';
import { keySetsOf, type StoredKeys } from '@saltworks/store/datasets/key-sets';
import { openStore } from '@saltworks/store/objects/open';
import { Command } from 'commander';
import { megabytes } from '../backbones.ts';
import { interruption } from '../interrupt.ts';
import { readSettings } from '../settings.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

export function keysCommand(): Command {
  const command = new Command('keys')
    .description('the sets of keys of a dataset: what they were made with, and how many images have them')
    .argument('<dataset>', 'a name from "dataset ls"')
    .option('--json', 'JSON, one document a line')
    .addHelpText(
      'after',
      `
Sets of several backbones, layers and facets lie side by side: extract makes one, propagate and campaigns draw on one.

Example: saltworks dataset keys pets`,
    )
    .action(list);
  command
    .command('rm')
    .description('remove a set of keys; refused while a campaign that is not closed, or a run, draws on it')
    .argument('<dataset>', 'a name from "dataset ls"')
    .argument('<keys>', 'an id from "dataset keys"')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      '\nKeys of images that another dataset with this set also has stay. "extract" makes the set again.',
    )
    // Commander gives `--json` to `keys`, which has it too.
    .action((dataset: string, keys: string, _: object, self: Command) =>
      remove(dataset, keys, self.optsWithGlobals<{ json?: boolean }>()),
    );
  return command;
}

async function list(name: string, { json }: { json?: boolean }): Promise<void> {
  const settings = readSettings();
  const store = openStore(settings.store, settings.s3);
  const dataset = await readDataset(store, name);
  const sets: StoredKeys[] = [];
  for await (const set of keySetsOf(store, dataset, { signal: interruption })) {
    if (json) console.log(JSON.stringify(set));
    else sets.push(set);
  }
  if (json) return;
  if (sets.length === 0) return console.log(`no keys of ${name} yet: saltworks extract ${name}`);
  const rows = sets.map(({ id, made, images, failed, bytes }) => [
    id,
    made?.backbone ?? '–',
    made?.layer ?? '–',
    made?.facet ?? '–',
    made?.codec ?? '–',
    images,
    failed,
    bytes === null ? '–' : `about ${megabytes(bytes)}`,
  ]);
  console.log(table(['keys', 'backbone', 'layer', 'facet', 'codec', 'images', 'failed', 'size'], rows));
}

async function remove(dataset: string, keys: string, { json }: { json?: boolean }): Promise<void> {
  await withApi(json, async (api, line) => {
    let removed = 0;
    for (let from: number | null = 0; from !== null; ) {
      const done: { removed: number; next: number | null } = await api(deleteDatasetKeyset, {
        params: { dataset, keys },
        query: { from },
      });
      removed += done.removed;
      from = done.next;
      line.show(`${dataset}: keys of ${removed} images removed`);
    }
    line.clear();
    console.log(json ? JSON.stringify({ dataset, keys, removed }) : `${keys}: keys of ${removed} images removed`);
  });
}
