/** The home of the release before, which `make.mjs` made with its code. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const read = (name: string): string => gunzipSync(readFileSync(new URL(name, import.meta.url))).toString();
const lines = <T>(name: string): T[] =>
  read(name)
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Its database, as SQL. */
export const databaseSql = (): string => read('database.sql.gz');

export interface Statement {
  sql: string;
  parameters: (string | null)[];
}

/** What its server sent to the database, each statement with the parameters of its last use. */
export const statements = (): Statement[] =>
  lines<{ sql: string; parameters: string }>('statements.jsonl.gz').map(({ sql, parameters }) => ({
    sql,
    parameters: [...parameters.matchAll(/\$\d+ = (?:NULL|'((?:[^']|'')*)')/g)].map(
      ([, text]) => text?.replaceAll("''", "'") ?? null,
    ),
  }));

export interface Facts {
  /** The server's. */
  secret: string;
  /** An administrator's API key. */
  administrator: string;
  audit: { entries: number; head: string };
  /** The build that is shown. */
  build: string;
  assignments: Record<'accepted' | 'sentBack' | 'skipped' | 'open', string>;
  /** By assignment, as the API gave them. */
  strokes: Record<string, unknown[]>;
  /** Files with their sha256. */
  exports: Record<'dataset' | 'campaign', Record<string, string>>;
  /** Every object with its sha256, those that runs make again, too. */
  objects: Record<string, string>;
}

/** What it showed. */
export const facts = (): Facts => JSON.parse(read('facts.json.gz'));

/** Writes the objects that runs do not make again into a folder. */
export function writeObjects(folder: string): void {
  for (const { key, base64 } of lines<{ key: string; base64: string }>('objects.jsonl.gz')) {
    const path = join(folder, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.from(base64, 'base64'));
  }
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
