/** The history of a schedule, the newest firing first. */
import { type Firing, getScheduleFirings, type ScheduleInfo } from '@saltworks/contract/api/schedules';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useLoaded } from '../load.ts';
import { duration } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await } from '../states.tsx';
import { madeOf, zoned } from './words.ts';

export function Firings({ schedule }: { schedule: ScheduleInfo }) {
  const params = { schedule: schedule.id };
  const first = useLoaded(getScheduleFirings, { params, query: { limit: 20 } }, 5_000);
  const [older, setOlder] = useState<{ items: Firing[]; next: string | null }>();
  const [failure, setFailure] = useState('');
  const read = (after: string) =>
    ask(getScheduleFirings, { params, query: { after, limit: 20 } }).then(
      ({ items, next }) => setOlder((now) => ({ items: [...(now?.items ?? []), ...items], next })),
      (error) => setFailure(error.message),
    );
  return (
    <div className="history">
      <Await loaded={first} what="its history">
        {({ items, next }) => {
          const known = new Set(items.map(({ id }) => id));
          const all = [...items, ...(older?.items ?? []).filter(({ id }) => !known.has(id))];
          const more = older ? older.next : next;
          return all.length === 0 ? (
            <p className="hint">It never fired yet.</p>
          ) : (
            <>
              <Table
                caption={`History of ${schedule.id}`}
                columns={[
                  { name: `Due (${schedule.timezone})` },
                  { name: 'Outcome' },
                  { name: 'Took' },
                  { name: 'Made' },
                ]}
                rows={all.map((firing) => [
                  <time key="at" dateTime={firing.at}>
                    {zoned(firing.at, schedule.timezone)}
                  </time>,
                  firing.outcome,
                  firing.ended === null
                    ? '…'
                    : duration((Date.parse(firing.ended) - Date.parse(firing.started)) / 1000),
                  [firing.reason, madeOf(firing)].filter(Boolean).join(' · ') || '–',
                ])}
              />
              {more !== null && (
                <button type="button" onClick={() => void read(more)}>
                  Earlier ones
                </button>
              )}
              <p role="alert" className="failure">
                {failure}
              </p>
            </>
          );
        }}
      </Await>
    </div>
  );
}
