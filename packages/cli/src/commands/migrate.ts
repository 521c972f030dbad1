/** `saltworks migrate`: brings the database up to date. */
import type { Database } from '@saltworks/orchestrator/db/database';
import { migrate, type SchemaState, schemaState } from '@saltworks/orchestrator/db/migrate';
import { migrations } from '@saltworks/orchestrator/db/migrations';
import { hasDatabase, openUnchanged } from '@saltworks/orchestrator/db/open';
import { Command } from 'commander';
import { makeHome } from '../home.ts';
import { interruption } from '../interrupt.ts';
import { readSettings } from '../settings.ts';

interface Flags {
  check?: boolean;
  json?: boolean;
}

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('bring the database of SALTWORKS_DATABASE up to date; servers do so, too, as they start')
    .option('--check', 'change nothing; exit code 1 where a migration is missing')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
Run it before the servers of a new version start: servers of the version before go on working. Several at once take
turns. A home's own database can be opened only while no server runs on it.

Exit codes: 0 up to date, 1 failed, or missing something with --check, 2 unusable settings.`,
    )
    .action((flags: Flags) => (flags.check ? check(flags) : update(flags)));
}

async function update({ json }: Flags): Promise<void> {
  const settings = readSettings();
  await makeHome(settings.home);
  await withDatabase(settings.database, async ({ db }) => {
    const waiting = (name: string) => console.error(`${name} waits: its table is in use`);
    const ran = await migrate(db, { signal: interruption, waiting });
    const { newer } = await schemaState(db);
    if (json) return console.log(JSON.stringify({ ran, newer }));
    for (const name of ran) console.log(`migrated ${name}`);
    console.log(`up to date: ${standing(newer)}`);
  });
}

async function check({ json }: Flags): Promise<void> {
  const { database } = readSettings();
  const state: SchemaState = (await hasDatabase(database))
    ? await withDatabase(database, ({ db }) => schemaState(db))
    : { missing: migrations.map(({ name }) => name), newer: [] };
  const { missing, newer } = state;
  if (missing.length > 0) process.exitCode = 1;
  if (json) return console.log(JSON.stringify({ missing, newer }));
  for (const name of missing) console.log(`missing ${name}`);
  if (missing.length === 0) console.log(`up to date: ${standing(newer)}`);
}

const standing = (newer: readonly string[]) =>
  [
    `${migrations.length} migrations, the last ${migrations.at(-1)?.name}`,
    ...newer.map((name) => `${name} of a newer version, which this one need not know`),
  ].join('; ');

async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openUnchanged(url, { signal: interruption });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
