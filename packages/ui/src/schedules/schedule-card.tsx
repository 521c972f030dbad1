/** One schedule: what it does, when, how it went; pause, run now, remove. */
import {
  deleteSchedule,
  type Firing,
  patchSchedule,
  postScheduleTrigger,
  type ScheduleInfo,
} from '@saltworks/contract/api/schedules';
import { useState } from 'react';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { moment } from '../plots/figures.ts';
import { Webhooks } from '../webhooks/panel.tsx';
import { Firings } from './firings.tsx';
import { catchUpWords, kindNames, madeOf, overlapWords, workOf, zoned } from './words.ts';

export function ScheduleCard({ schedule, changed }: { schedule: ScheduleInfo; changed(): void }) {
  const { id, work, when, timezone, overlap, catchUp, note, paused, next, last, missed, dropped, by } = schedule;
  const [opened, setOpened] = useState<'history' | 'webhooks'>();
  const { failure, attempt } = useAttempt(changed);
  const place = { params: { schedule: id } };
  return (
    <li>
      <div className="run">
        <p>
          <strong>{id}</strong> {kindNames[work.kind]}: {workOf(work)} {paused && <span className="tag">paused</span>}
        </p>
        <p>
          <code>{when}</code>
          {next.length > 0 && (
            <>
              {', next '}
              <time dateTime={next[0]} title={`${moment(next[0])} on this computer`}>
                {zoned(next[0], timezone)}
              </time>
            </>
          )}
          , {timezone}
        </p>
        <p className="hint">
          {last ? `Last: ${lastWords(last, timezone)}.` : 'It never fired yet.'} While one is under way,{' '}
          {overlapWords[overlap]}; {catchUpWords(catchUp)}.{missed > 0 && ` Missed so far: ${missed}.`}
          {dropped > 0 && ` Left out so far: ${dropped}.`}
        </p>
        <p className="hint">
          {note && `${note} `}Made by {by}.
        </p>
        <p role="alert" className="failure">
          {failure}
        </p>
      </div>
      <span className="buttons">
        <button
          type="button"
          onClick={() => void attempt(() => ask(patchSchedule, { ...place, body: { paused: !paused } }))}
          aria-label={`${paused ? 'Resume' : 'Pause'} ${id}`}
        >
          {paused ? 'Resume' : 'Pause'}
        </button>
        <AskTwice label="Run now" what={id} act={() => void attempt(() => ask(postScheduleTrigger, place))} />
        {(['history', 'webhooks'] as const).map((part) => (
          <button
            key={part}
            type="button"
            className="quiet"
            aria-expanded={opened === part}
            aria-label={`${partNames[part]} of ${id}`}
            onClick={() => setOpened(opened === part ? undefined : part)}
          >
            {partNames[part]}
          </button>
        ))}
        <AskTwice label="Remove" what={id} act={() => void attempt(() => ask(deleteSchedule, place))} />
      </span>
      {opened === 'history' && <Firings schedule={schedule} />}
      {opened === 'webhooks' && (
        <section className="history" aria-label={`Webhooks of ${id}`}>
          <Webhooks topic={`schedule:${id}`} />
        </section>
      )}
    </li>
  );
}

const partNames = { history: 'History', webhooks: 'Webhooks' };

const lastWords = (last: Firing, timezone: string) =>
  [
    `${zoned(last.at, timezone)}, ${last.outcome}`,
    ...(last.reason ? [last.reason] : []),
    ...(madeOf(last) ? [madeOf(last)] : []),
  ].join(': ');
