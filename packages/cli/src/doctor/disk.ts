/** Room: of the home, of a store in a folder, and of the quota. */
import { diskOf } from '@saltworks/store/objects/room';
import { amount, levelOf, storageLevel } from '@saltworks/store/storage/level';
import { type Check, type Finding, fails, ok, warning } from './check.ts';
import { orNothing } from './deployment.ts';

export const checkHome: Check = async ({ settings }) => {
  const { level, reason, disk } = levelOf(undefined, null, await diskOf(settings.home));
  const mend = 'room on that disk: models, the database and its journal are there';
  if (level === 'full') return [fails('disk.home', reason, mend)];
  if (level === 'warning') return [warning('disk.home', reason, mend)];
  return [ok('disk.home', `${amount(disk?.free ?? 0)} free in ${settings.home}`)];
};

export const checkStorage: Check = async ({ settings, store }, signal) => {
  const storage = await orNothing(Promise.resolve().then(() => storageLevel(store(), { signal })));
  if (!storage) return [];
  const { level, reason, used, counted, quota, disk } = storage;
  const mend = 'saltworks storage expire, or a larger disk or quota';
  if (level === 'full') return [fails('storage', reason, mend)];
  const findings: Finding[] = [];
  const share = quota === null ? 'no quota' : `a quota of ${amount(quota)}`;
  const room = disk ? `, ${amount(disk.free)} free in ${settings.store}` : '';
  if (level === 'warning') findings.push(warning('storage', reason, mend));
  else if (used === null) findings.push(ok('storage', `not counted yet, ${share}${room}`));
  else findings.push(ok('storage', `${amount(used)} as of ${counted}, ${share}${room}`));
  return findings;
};
