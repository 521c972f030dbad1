/** `saltworks storage …`: what takes the room, what may go, and letting it go. */
import { setTimeout as sleep } from 'node:timers/promises';
import { deleteDatasetKeyset } from '@saltworks/contract/api/keys';
import {
  getStorage,
  getStorageKeysets,
  postStorageCount,
  postStorageExpire,
  type StorageInfo,
} from '@saltworks/contract/api/storage';
import { amount } from '@saltworks/store/storage/level';
import { Command } from 'commander';
import { type Api, asking } from '../api.ts';
import { interruption } from '../interrupt.ts';
import { parseFromTo } from '../options.ts';
import type { Progress } from '../progress.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

const days = parseFromTo(0, 3_650);

export function storageCommand(): Command {
  const command = new Command('storage')
    .description('what the store holds, what it may hold, and what may go')
    .option('--count', 'count now, and wait for it, instead of showing the last count')
    .option('--unused <days>', 'sets of keys that nobody used for so long may go', days, 30)
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
The server counts what the store holds now and then. From 80 % of SALTWORKS_QUOTA on it warns; at 100 %, and on a disk that is
all but full, it refuses new extraction, imports, exports and re-labelling. Strokes and their masks go on.

Examples:
  saltworks storage
  saltworks storage expire --keys --dry-run
  saltworks storage expire --views --older 90`,
    )
    .action(show);
  command
    .command('expire')
    .description('remove what can be made again: keys that nothing draws on, old views and thumbnails')
    .option('--keys', 'sets of keys that nothing draws on and nobody used for --unused days')
    .option('--views', 'views and thumbnails older than --older days, and what processes that died left')
    .option('--unused <days>', 'of sets of keys', days, 30)
    .option('--older <days>', 'of views', days, 30)
    .option('--dry-run', 'say what would go, and remove nothing')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
Without --keys and --views: both. Never what a campaign, an assignment, a run, a bake-off or a build that is shown, waits to be
shown or is what a rollback shows draws on.`,
    )
    .action((_, expiring: Command) => expire(expiring.optsWithGlobals()));
  return command;
}

interface Flags {
  count?: boolean;
  unused: number;
  json?: boolean;
}

async function show({ count, unused, json }: Flags): Promise<void> {
  await withApi(json, async (api, line) => {
    const found = count ? await counted(api, line) : await api(getStorage);
    const keys = await api(getStorageKeysets, { query: { unused } });
    if (json) return console.log(JSON.stringify({ ...found, may_go: { keys } }));
    console.log(describe(found));
    if (found.parts.length > 0) {
      const rows = found.parts.map(({ kind, of, objects, bytes }) => [kind, of ?? '', objects, amount(bytes)]);
      console.log(table(['kind', 'of', 'objects', 'room'], rows));
    }
    for (const { dataset, keys: set, images, bytes } of keys) {
      console.log(
        `may go: keys ${set} of ${dataset}, ${images} images${bytes === null ? '' : `, about ${amount(bytes)}`}`,
      );
    }
    const views = found.parts.find(({ kind }) => kind === 'views');
    if (views) console.log(`may go: views, ${amount(views.bytes)}; they are made again when somebody looks`);
  });
}

function describe({ used, counted, quota, disk, level, reason }: StorageInfo): string {
  const share = quota === null ? 'no quota' : `quota ${amount(quota)}`;
  const room = disk ? `, ${amount(disk.free)} of ${amount(disk.total)} free in ${disk.folder}` : '';
  const said = used === null ? 'not counted yet' : `${amount(used)} as of ${counted}`;
  return [`${said}; ${share}${room}`, ...(level === 'ok' ? [] : [`${level}: ${reason}`])].join('\n');
}

/** Asks for a count, and waits for it. */
async function counted(api: Api, line: Progress): Promise<StorageInfo> {
  const before = (await api(getStorage)).counted;
  await api(postStorageCount);
  for (;;) {
    const found = await asking(api)(getStorage);
    if (found.counted !== before) {
      line.clear();
      return found;
    }
    line.show('counting');
    await sleep(300, undefined, { signal: interruption });
  }
}

interface ExpireFlags {
  keys?: boolean;
  views?: boolean;
  unused: number;
  older: number;
  dryRun?: boolean;
  json?: boolean;
}

async function expire({ keys, views, unused, older, dryRun, json }: ExpireFlags): Promise<void> {
  const both = !keys && !views;
  await withApi(json, async (api, line) => {
    const sets = keys || both ? await api(getStorageKeysets, { query: { unused } }) : [];
    let [removed, bytes] = [0, 0];
    for (const { dataset, keys: set, bytes: about } of sets) {
      if (!json) console.log(`${dryRun ? 'would remove' : 'removes'} keys ${set} of ${dataset}`);
      bytes += about ?? 0;
      for (let from: number | null = dryRun ? null : 0; from !== null; ) {
        line.show(`${dataset}: ${removed} keys removed`);
        const part = await api(deleteDatasetKeyset, { params: { dataset, keys: set }, query: { from } });
        removed += part.removed;
        from = part.next;
      }
    }
    line.clear();
    if (dryRun) {
      if (json) console.log(JSON.stringify({ keys: sets, bytes }));
      else console.log(`${sets.length} sets of keys, about ${amount(bytes)}; views go by their age`);
      return;
    }
    let gone = 0;
    for (let after: string | null | undefined = views || both ? undefined : null; after !== null; ) {
      const part: { removed: number; bytes: number; next: string | null } = await api(postStorageExpire, {
        body: after === undefined ? { older } : { older, after },
      });
      gone += part.removed;
      bytes += part.bytes;
      line.show(`${gone} views removed`);
      after = part.next;
    }
    line.clear();
    await api(postStorageCount);
    if (json) console.log(JSON.stringify({ keys: removed, views: gone, bytes }));
    else console.log(`${removed} keys, ${gone} views and leftovers removed, about ${amount(bytes)}`);
  });
}
