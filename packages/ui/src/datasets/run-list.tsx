/** What runs over a dataset, and what ran: with its progress, and how it is paused or ended. */
import type { DatasetRun } from '@saltworks/core/contract/api';
import { failingText, waitingText } from '@saltworks/core/contract/runs';
import { api } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { count, moment } from '../plots/figures.ts';

interface Props {
  dataset: string;
  runs: DatasetRun[];
  /** Whether one may pause and end them. */
  controls: boolean;
  changed(): void;
}

const kinds = { extract: 'Keys', propagate: 'Masks', export: 'Export' };

export function RunList({ dataset, runs, controls, changed }: Props) {
  const { failure, attempt } = useAttempt(changed);
  const control = (id: string, action: string) =>
    attempt(() => api('POST', `/api/datasets/${dataset}/runs/control`, { id, action }));
  return (
    <>
      <p role="alert" className="failure">
        {failure}
      </p>
      <ul className="runs" aria-label="Runs">
        {runs.map((run) => (
          <li key={`${run.id} ${run.started}`}>
            <Run run={run} />
            {controls && run.state === 'running' && (
              <span className="buttons">
                {run.progress?.paused ? (
                  <button type="button" onClick={() => void control(run.id, 'resume')}>
                    Resume
                  </button>
                ) : (
                  <button type="button" onClick={() => void control(run.id, 'pause')}>
                    Pause
                  </button>
                )}
                <button type="button" onClick={() => void control(run.id, 'cancel')}>
                  Cancel
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

function Run({ run }: { run: DatasetRun }) {
  const { kind, of, state, started, ended, progress, reason, waiting, failing } = run;
  const through = progress ? progress.done + progress.cached + progress.failed : 0;
  return (
    <div className="run">
      <p>
        <strong>{kinds[kind]}</strong> <code>{of}</code>{' '}
        <span className="tag">{progress?.paused ? 'paused' : state}</span>
      </p>
      {progress && (
        <p className="progress-line">
          <progress value={through} max={Math.max(1, progress.total)} aria-label={`Progress of ${kinds[kind]} ${of}`} />
          <span>
            {count(through)} of {count(progress.total)} images
            {progress.cached > 0 && `, ${count(progress.cached)} were there`}
            {progress.failed > 0 && `, ${count(progress.failed)} failed`}
          </span>
        </p>
      )}
      <p className="hint">
        {moment(started)}
        {ended && ` to ${moment(ended)}`}
      </p>
      {waiting && <p className="failure">{waitingText(waiting)}</p>}
      {failing && <p className="failure">{failingText(failing)}</p>}
      {reason && <p className="failure">{reason}</p>}
    </div>
  );
}
