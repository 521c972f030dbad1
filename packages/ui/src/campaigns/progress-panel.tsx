/** A campaign's progress. */
import { getCampaignProgress } from '@saltworks/contract/api/campaigns';
import { useLoaded } from '../load.ts';
import { count } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';
import { PreparationState } from './preparation-state.tsx';
import { ProgressBar } from './progress-bar.tsx';

const states = [
  ['leased', 'being drawn'],
  ['submitted', 'waiting for review'],
  ['accepted', 'accepted'],
  ['sent_back', 'sent back'],
  ['skipped', 'skipped'],
] as const;

export function ProgressPanel({ campaign }: { campaign: string }) {
  const progress = useLoaded(getCampaignProgress, { params: { campaign } }, 10_000);
  return (
    <Panel title="Progress">
      <Await loaded={progress} what="progress">
        {(now) => (
          <>
            <ProgressBar progress={now} label="Images handed in and accepted" large />
            {!now.filled && <PreparationState campaign={campaign} />}
            <dl className="tiles">
              {states.map(([state, name]) => (
                <div key={state}>
                  <dt>{name}</dt>
                  <dd>{count(now.assignments[state] ?? 0)}</dd>
                </div>
              ))}
            </dl>
          </>
        )}
      </Await>
    </Panel>
  );
}
