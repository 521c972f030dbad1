/** A campaign's pace, and when it will finish. */

import { type CampaignPace, getCampaignPace } from '@saltworks/contract/api/tasks';
import { useState } from 'react';
import { useLoaded } from '../load.ts';
import { Figure } from '../plots/figure.tsx';
import { count, moment } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';

type By = CampaignPace['by'];

export function PacePanel({ campaign }: { campaign: string }) {
  const [by, setBy] = useState<By>('hour');
  const pace = useLoaded(getCampaignPace, { params: { campaign }, query: { by } }, 30_000);
  return (
    <Panel
      title="Pace"
      aside={
        <fieldset className="choice" aria-label="Counted by">
          {(['hour', 'day'] as const).map((each) => (
            <button key={each} type="button" aria-pressed={by === each} onClick={() => setBy(each)}>
              By {each}
            </button>
          ))}
        </fieldset>
      }
    >
      <Await loaded={pace} what="pace">
        {(pace) => (
          <>
            <Forecast pace={pace} />
            {pace.counts.some(({ handed, accepted }) => handed + accepted > 0) && <Chart pace={pace} />}
          </>
        )}
      </Await>
    </Panel>
  );
}

function Forecast({ pace: { remaining, perHour, perDay, finished, window } }: { pace: CampaignPace }) {
  return (
    <>
      <dl className="tiles">
        <div>
          <dt>masks since {moment(window.since)}</dt>
          <dd>{count(window.handed)}</dd>
        </div>
        {perHour !== null && (
          <div>
            <dt>masks an hour of work</dt>
            <dd>{perHour.toFixed(1)}</dd>
          </div>
        )}
        {perDay !== null && (
          <div>
            <dt>masks a day</dt>
            <dd>{perDay.toFixed(1)}</dd>
          </div>
        )}
        <div>
          <dt>still wanted</dt>
          <dd>{count(remaining)}</dd>
        </div>
      </dl>
      <p>
        {remaining === 0
          ? 'All masks that are wanted are handed in.'
          : finished
            ? `At this pace the last mask comes on ${moment(finished)}.`
            : 'Too few masks, or too short a time, to say when the last one comes.'}
      </p>
    </>
  );
}

const Chart = ({ pace: { by, counts } }: { pace: CampaignPace }) => (
  <Figure
    caption={`Masks by ${by}`}
    plot={{
      kind: 'lines',
      at: counts.map(({ at }) => Date.parse(at) / 1000),
      series: [
        { name: 'Handed in', values: counts.map(({ handed }) => handed), colour: '--accent' },
        { name: 'Accepted', values: counts.map(({ accepted }) => accepted), colour: '--warn' },
      ],
    }}
    columns={[
      { name: by === 'hour' ? 'Hour from' : 'Day from' },
      { name: 'Handed in', number: true },
      { name: 'Accepted', number: true },
    ]}
    rows={counts.map(({ at, handed, accepted }) => [moment(at), count(handed), count(accepted)])}
  />
);
