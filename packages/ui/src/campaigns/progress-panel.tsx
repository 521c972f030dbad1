/** How far a campaign is. */
import type { CampaignProgress } from '@saltworks/core/contract/api';
import { useLoaded } from '../load.ts';
import { count, percent } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';

const states = [
  ['leased', 'being drawn'],
  ['submitted', 'waiting for review'],
  ['accepted', 'accepted'],
  ['sent_back', 'sent back'],
  ['skipped', 'skipped'],
] as const;

export function ProgressPanel({ campaign }: { campaign: string }) {
  const progress = useLoaded<CampaignProgress>(`/api/campaigns/${campaign}/progress`, 10_000);
  return (
    <Panel title="Progress">
      <Await loaded={progress} what="progress">
        {({ tasks, done, filled, assignments }) => (
          <>
            <p className="progress-line large">
              <progress value={done} max={Math.max(1, tasks)} aria-label="Images done" />
              <span>
                {count(done)} of {count(tasks)} images done
                {tasks > 0 && `, ${percent(done / tasks)}`}
              </span>
            </p>
            {!filled && <p className="hint">More images are being prepared; they join as they are ready.</p>}
            <dl className="tiles">
              {states.map(([state, name]) => (
                <div key={state}>
                  <dt>{name}</dt>
                  <dd>{count(assignments[state] ?? 0)}</dd>
                </div>
              ))}
            </dl>
          </>
        )}
      </Await>
    </Panel>
  );
}
