/** Schedules: each one has a clock in Temporal, and its last time went well. */
import { getSchedules } from '@saltworks/contract/api/schedules';
import { type Check, type Finding, ok, warning } from './check.ts';
import { isServer, orNothing } from './deployment.ts';

export const checkSchedules: Check = async (place) => {
  if (!isServer(place)) return [];
  const api = await place.api();
  const schedules = api && (await orNothing(api(getSchedules)));
  if (!schedules || schedules.length === 0) return [];
  const findings: Finding[] = [];
  for (const { id, paused, next, missed, last } of schedules) {
    if (!paused && next.length === 0) {
      findings.push(
        warning(
          'schedules',
          `${id} has no next time`,
          'a server that runs sets its clock within five minutes; else make it anew',
        ),
      );
    }
    const look = `saltworks schedule history ${id}`;
    if (last?.outcome === 'failed') {
      findings.push(warning('schedules', `${id} failed at ${last.at}: ${last.reason ?? 'no reason'}`, look));
    } else if (missed > 0) findings.push(warning('schedules', `${id} missed ${missed} times: nothing ran`, look));
  }
  return findings.length > 0 ? findings : [ok('schedules', `${schedules.length}, each with a next time or paused`)];
};
