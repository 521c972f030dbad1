/** Backups: there is one, and it is not old. */
import { getBackups } from '@saltworks/contract/api/backups';
import { type Check, ok, warning } from './check.ts';
import { isServer, orNothing } from './deployment.ts';

const HOUR_MS = 3_600_000;
/** A nightly backup that was missed once. */
const OLD_HOURS = 49;

export const checkBackup: Check = async (place) => {
  if (!isServer(place)) return [];
  const api = await place.api();
  const backups = api && (await orNothing(api(getBackups, { query: { limit: 1 } })));
  if (!backups) return [];
  const mend = 'saltworks backup create DESTINATION, every night (docs/operate.md)';
  const [last] = backups;
  if (!last) return [warning('backup', 'none that this database knows of', mend)];
  const hours = Math.floor((Date.now() - Date.parse(last.at)) / HOUR_MS);
  const said = `the last, to ${last.place}, is ${hours} h old`;
  return [hours < OLD_HOURS ? ok('backup', said) : warning('backup', said, mend)];
};
