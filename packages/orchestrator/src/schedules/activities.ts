/** What the server does for firings of schedules. */
import type { ScheduleActivities } from '@saltworks/contract/messages/schedules';
import { NotFoundError } from '../errors.ts';
import { withBeats } from '../temporal/beats.ts';
import { firingOf, stopClock } from './clock.ts';
import { beginFiring, endFiring, madeSoFar, noteFiring } from './firings.ts';
import { findSchedule } from './schedules.ts';
import { datasetAway } from './subject.ts';
import type { WorkDeps } from './work/doing.ts';
import { importOf } from './work/import.ts';
import { doWork } from './work/work.ts';

export function scheduleActivitiesOf(deps: WorkDeps): ScheduleActivities {
  const { db, store, client } = deps;
  const ofFiring = ({ schedule, firing }: { schedule: string; firing: string }) => ({
    schedule,
    id: firingOf(schedule, firing),
  });
  return {
    async beginFiring({ run, due, began, ...request }) {
      const found = await findSchedule(db, request.schedule).catch(async (error) => {
        if (!(error instanceof NotFoundError)) throw error;
        // It was removed while Temporal could not be reached.
        await stopClock(client, request.schedule);
        return undefined;
      });
      if (!found) return null;
      const away = await datasetAway({ db, store }, found.work);
      const times = { began: new Date(began), overlap: found.overlap, catchUp: found.catchUp, away };
      const begins = await beginFiring({ db, client }, { ...ofFiring(request), run, at: new Date(due) }, times);
      if (!begins) return null;
      return found.work.kind === 'import' ? { import: await importOf(store, found.work) } : {};
    },
    doFiring: (request) =>
      withBeats(async (beating) => {
        const { work, overlap } = await findSchedule(db, request.schedule);
        const of = ofFiring(request);
        const made = await madeSoFar(db, of);
        return doWork(deps, work, {
          ...beating,
          schedule: request.schedule,
          overlap,
          made,
          note: (noted) => noteFiring(db, of, noted),
        });
      }),
    endFiring: ({ outcome, reason, made, ...request }) => endFiring(db, ofFiring(request), { outcome, reason, made }),
  };
}
