/** The journal beside a database in a folder: it grows until the server's next start. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPostgres } from '@saltworks/orchestrator/db/open';
import { amount } from '@saltworks/store/storage/level';
import { type Check, ok, warning } from './check.ts';
import { isServer } from './deployment.ts';

const LONG = 1e9;

export const checkJournal: Check = async (place) => {
  const { home, database } = place.settings;
  if (!isServer(place) || isPostgres(database)) return [];
  const found = await stat(join(home, 'journal.ndjson')).catch(() => undefined);
  if (!found) return [];
  const said = `${amount(found.size)}`;
  if (found.size < LONG) return [ok('journal', said)];
  return [warning('journal', said, 'a restart of the server, which empties it')];
};
