/** `saltworks backup …`: everything that cannot be made again, kept elsewhere, and put back. */
import { type BackupInfo, getBackupsDatabase, postBackups } from '@saltworks/contract/api/backups';
import { InvalidInputError } from '@saltworks/contract/errors';
import { nodeLabelsKey } from '@saltworks/contract/layout';
import { dumpLines } from '@saltworks/orchestrator/backups/dump';
import { expectEmpty, loadDump } from '@saltworks/orchestrator/backups/load';
import { noteBackup } from '@saltworks/orchestrator/backups/notes';
import { askAgain, isNoted } from '@saltworks/orchestrator/backups/restored';
import { isPostgres, openUnchanged } from '@saltworks/orchestrator/db/open';
import { createBackup } from '@saltworks/store/backups/create';
import { backupIds, type FoundBackup, findBackup, readBackup } from '@saltworks/store/backups/manifests';
import type { Extra } from '@saltworks/store/backups/objects';
import { partLines } from '@saltworks/store/backups/parts';
import { pruneBackups } from '@saltworks/store/backups/prune';
import { beginRestore, endRestore, restoreObjects } from '@saltworks/store/backups/restore';
import { verifyBackup } from '@saltworks/store/backups/verify';
import { linesOf } from '@saltworks/store/objects/lines';
import { openStore } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { version } from '@saltworks/telemetry/version';
import { Command } from 'commander';
import { megabytes } from '../backbones.ts';
import { makeHome } from '../home.ts';
import { interruption } from '../interrupt.ts';
import { parseWhole } from '../options.ts';
import { progress } from '../progress.ts';
import { readSettings, type Settings } from '../settings.ts';
import { withApi } from '../stack/connect.ts';
import { table } from '../table.ts';

interface JsonFlag {
  json?: boolean;
}

interface CreateFlags extends JsonFlag {
  withMasks?: boolean;
  withExports?: boolean;
  keep?: number;
}

interface ChosenFlags extends JsonFlag {
  backup?: string;
  sha256?: string;
}

const destination = 'a folder, or s3://bucket/prefix';
const chosen = (command: Command) =>
  command
    .option('--backup <id>', 'one of "backup ls" (default: the newest)')
    .option('--sha256 <hex>', 'the hash that "backup create" printed, which the manifest must have')
    .option('--json', 'one JSON document instead of text');

export function backupCommand(): Command {
  const command = new Command('backup').description(
    'everything that cannot be made again: rows, strokes, images, builds; not keys, views and masks that runs make',
  );
  command
    .command('create')
    .description('add a backup to a destination, while people work; only what is new is sent')
    .argument('<destination>', destination)
    .option('--with-masks', 'also masks that "propagate" and "build rebuild" would make again')
    .option('--with-exports', 'also files of exports')
    .option('--keep <n>', 'afterwards remove all but the newest n', parseWhole(1))
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
The rows come from the server (as an administrator: SALTWORKS_API_KEY, or the server's secret), or, where SALTWORKS_DATABASE
is postgres://…, from there. The objects come from SALTWORKS_STORE.

Keep the server's secret elsewhere: it is in no backup, and it opens the secrets of webhooks.

Examples:
  saltworks backup create /mnt/backups --keep 14
  saltworks backup create s3://backups/salt`,
    )
    .action(create);
  command
    .command('ls')
    .description('the backups of a destination, the oldest first')
    .argument('<destination>', destination)
    .option('--json', 'JSON, one document a line')
    .action(list);
  chosen(
    command.command('verify').description('read every byte of a backup and check it').argument('<source>', destination),
  ).action(verify);
  chosen(
    command
      .command('restore')
      .description('put a backup into an empty database (SALTWORKS_DATABASE) and an empty store (SALTWORKS_STORE)')
      .argument('<source>', destination),
  )
    .addHelpText(
      'after',
      `
Servers and workers must not run yet. A restore that was cut can be repeated; until it has ended, servers refuse the store.
Everybody signs in anew; passwords and API keys hold. Keys are computed again by "extract".

Examples:
  saltworks backup restore /mnt/backups
  SALTWORKS_HOME=fresh saltworks backup restore s3://backups/salt --backup 20261129T204501123Z`,
    )
    .action(restore);
  return command;
}

async function create(place: string, { withMasks, withExports, keep, json }: CreateFlags): Promise<void> {
  const settings = readSettings();
  const extras: Extra[] = [...(withMasks ? ['masks' as const] : []), ...(withExports ? ['exports' as const] : [])];
  const to = destinationOf(settings, place);
  const { made, pruned } = await withSource(settings, json, async ({ dump, note }) => {
    const line = progress(process.stderr, json);
    const made = await createBackup({
      ...{ store: openStore(settings.store, settings.s3), dump, to, extras, saltworks: version, signal: interruption },
      progress: (done) => line.show(`${done} objects`),
    });
    line.clear();
    const {
      hash: manifest,
      manifest: { at, objects },
    } = made;
    await note({ manifest, at, place, objects: objects.count, bytes: objects.bytes });
    const pruned = keep === undefined ? undefined : await pruneBackups(to, keep, { signal: interruption });
    return { made, pruned };
  });
  const { id, hash, manifest, sent, damaged } = made;
  if (damaged.length > 0) process.exitCode = 1;
  if (json) {
    const { count, bytes, absent } = manifest.objects;
    console.log(
      JSON.stringify({
        ...{
          id,
          sha256: hash,
          at: manifest.at,
          rows: manifest.database.rows,
          objects: count,
          bytes,
          absent,
          sent,
          damaged,
        },
        removed: pruned?.removed ?? [],
      }),
    );
    return;
  }
  for (const key of damaged) console.error(`saltworks: ${key} has not the content that its name says; held as it is`);
  const { count, bytes, absent } = manifest.objects;
  if (absent > 0) console.error(`saltworks: the store lacks ${absent} masks that the database names`);
  console.log(`${id}: ${manifest.database.rows} rows, ${count} objects, ${megabytes(bytes)}`);
  console.log(`sent ${sent.objects} objects, ${megabytes(sent.bytes)}`);
  if (pruned) console.log(`removed ${pruned.removed.length} backups, ${megabytes(pruned.bytes)}`);
  console.log(`sha256 ${hash}`);
}

interface Source {
  dump: AsyncIterable<string>;
  note(backup: BackupInfo): Promise<void>;
}

/** PostgreSQL itself, or the server, which alone may open a home's database. */
async function withSource<T>(
  settings: Settings,
  json: boolean | undefined,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  if (!isPostgres(settings.database)) {
    return withApi(json, (api) =>
      work({
        dump: linesOf(api.stream(getBackupsDatabase)),
        note: async (body) => void (await api(postBackups, { body })),
      }),
    );
  }
  const { db, close } = await openUnchanged(settings.database, { signal: interruption });
  try {
    return await work({ dump: dumpLines(db), note: (backup) => noteBackup(db, backup) });
  } finally {
    await close();
  }
}

async function list(place: string, { json }: JsonFlag): Promise<void> {
  const at = destinationOf(readSettings(), place);
  const rows: (string | number)[][] = [];
  for (const id of await backupIds(at, { signal: interruption })) {
    const { hash, manifest } = await readBackup(at, id, { signal: interruption });
    const { database, objects, saltworks } = manifest;
    const { count, bytes } = objects;
    if (json)
      console.log(
        JSON.stringify({ id, sha256: hash, at: manifest.at, rows: database.rows, objects: count, bytes, saltworks }),
      );
    else rows.push([id, database.rows, count, megabytes(bytes), saltworks, hash]);
  }
  if (json) return;
  if (rows.length === 0) return console.log(`no backup in ${place} yet`);
  console.log(table(['backup', 'rows', 'objects', 'size', 'made by', 'sha256'], rows));
}

async function verify(place: string, flags: ChosenFlags): Promise<void> {
  const from = destinationOf(readSettings(), place);
  const backup = await choose(from, flags);
  const line = progress(process.stderr, flags.json);
  await verifyBackup(from, backup, (done) => line.show(`${done} objects`), { signal: interruption });
  line.clear();
  tell(backup, flags, 'whole');
}

async function restore(place: string, flags: ChosenFlags): Promise<void> {
  const settings = readSettings();
  const from = destinationOf(settings, place);
  const backup = await choose(from, flags);
  const {
    hash,
    manifest: { at, objects, database },
  } = backup;
  await makeHome(settings.home);
  const to = openStore(settings.store, settings.s3);
  const { db, close } = await openUnchanged(settings.database, { signal: interruption });
  const line = progress(process.stderr, flags.json);
  const options = { signal: interruption };
  try {
    const noted = await isNoted(db, hash);
    if (!noted) await expectEmpty(db);
    const again = await beginRestore(to, backup, options);
    if (noted && !again)
      throw new InvalidInputError('a database with this backup; expected an empty one to restore into');
    await restoreObjects(
      to,
      { from, backup, again },
      (done) => line.show(`${done} of ${objects.count} objects`),
      options,
    );
    line.show('the database');
    if (!noted) {
      const info = { manifest: hash, at, place, objects: objects.count, bytes: objects.bytes };
      const lines = partLines(from, database.parts, `the database of backup ${backup.id}`, options);
      await loadDump(db, lines, {
        async finish(tx) {
          await askAgain(tx, async (id, n) => Boolean(await to.head(nodeLabelsKey(id, n), options)));
          await noteBackup(tx, info);
        },
      });
    }
    await endRestore(to, backup, options);
  } finally {
    line.clear();
    await close();
  }
  tell(backup, flags, 'restored');
}

function tell({ id, hash, manifest: { database, objects } }: FoundBackup, { json }: JsonFlag, how: string): void {
  const { count, bytes } = objects;
  if (json) console.log(JSON.stringify({ id, sha256: hash, rows: database.rows, objects: count, bytes }));
  else console.log(`${id} is ${how}: ${database.rows} rows, ${count} objects, ${megabytes(bytes)}; sha256 ${hash}`);
}

async function choose(from: ObjectStore, { backup, sha256 }: ChosenFlags): Promise<FoundBackup> {
  const found = await findBackup(from, backup, { signal: interruption });
  if (sha256 !== undefined && found.hash !== sha256) {
    throw new InvalidInputError(`the manifest of backup ${found.id} has sha256 ${found.hash}; expected ${sha256}`);
  }
  return found;
}

/** @throws InvalidInputError if it is the store itself */
function destinationOf(settings: Settings, place: string): ObjectStore {
  if (place === settings.store) throw new InvalidInputError(`${place} is the store itself; expected another place`);
  return openStore(place, settings.backupS3);
}
