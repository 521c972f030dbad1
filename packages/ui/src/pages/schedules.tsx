/** Schedules: what is done at set times, and how it went. */
import { getSchedules } from '@saltworks/contract/api/schedules';
import { useLoaded } from '../load.ts';
import { NewSchedule } from '../schedules/new-schedule.tsx';
import { ScheduleCard } from '../schedules/schedule-card.tsx';
import { Await, Panel } from '../states.tsx';
import { Shell } from './shell.tsx';

const focusName = () => document.querySelector<HTMLElement>('main form input')?.focus();

export function SchedulesPage() {
  const schedules = useLoaded(getSchedules, {}, 5_000);
  return (
    <Shell title="Schedules" shortcuts={[{ keys: ['n'], show: 'N', label: 'a new schedule', run: focusName }]}>
      <Await loaded={schedules} what="schedules">
        {(list) => (
          <>
            {list.length === 0 ? (
              <p className="empty">Nothing is scheduled yet: nightly re-labelling, imports or exports can be.</p>
            ) : (
              <ul className="runs" aria-label="Schedules">
                {list.map((schedule) => (
                  <ScheduleCard key={schedule.id} schedule={schedule} changed={schedules.again} />
                ))}
              </ul>
            )}
            <Panel title="New schedule">
              <NewSchedule made={schedules.again} />
            </Panel>
          </>
        )}
      </Await>
    </Shell>
  );
}
