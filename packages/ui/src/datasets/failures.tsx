/** Images that runs could not use, and why; those of extractions can be tried again. */
import { getDatasetFailures } from '@saltworks/contract/api/mask-sets';
import { getDatasetRun, postDatasetFailuresRetry } from '@saltworks/contract/api/runs';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { count, counted } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await } from '../states.tsx';

const size = 50;

interface Props {
  dataset: string;
  /** Whether the person may try again. */
  retries: boolean;
}

export function Failures({ dataset, retries }: Props) {
  /** Cursors of the visited parts; the last one is shown. */
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const after = cursors[cursors.length - 1];
  const failures = useLoaded(getDatasetFailures, {
    params: { dataset },
    query: { limit: size, after: after ?? undefined },
  });
  const [run, setRun] = useState<string>();
  const { failure, attempt } = useAttempt(failures.again);
  const retry = (step: string, sha256?: string) =>
    void attempt(async () => {
      const { id } = await ask(postDatasetFailuresRetry, { params: { dataset }, body: { step, sha256 } });
      setRun(id);
    });
  return (
    <Await loaded={failures} what="failures">
      {({ items, next }) => {
        const steps = [...new Set(items.map(({ step }) => step))].filter(mayPass);
        return (
          <>
            {retries && steps.length > 0 && (
              <p className="actions">
                {steps.map((step) => (
                  <button key={step} type="button" onClick={() => retry(step)}>
                    Try all of {step} again
                  </button>
                ))}
              </p>
            )}
            <p role="alert" className="failure">
              {failure}
            </p>
            {run !== undefined && <Retry key={run} dataset={dataset} run={run} ended={failures.again} />}
            {items.length === 0 && cursors.length === 1 && next === null ? (
              <p className="empty">Nothing has failed.</p>
            ) : (
              <Table
                caption="Images that failed"
                columns={[
                  { name: 'Image' },
                  { name: 'Step' },
                  { name: 'Reason' },
                  ...(retries ? [{ name: 'Retry' }] : []),
                ]}
                rows={items.map(({ name, sha256, step, reason }) => [
                  name,
                  <code key="step">{step}</code>,
                  reason,
                  ...(retries
                    ? [
                        mayPass(step) && (
                          <button
                            key="retry"
                            type="button"
                            className="quiet"
                            aria-label={`Try again: ${name}`}
                            onClick={() => retry(step, sha256)}
                          >
                            Try again
                          </button>
                        ),
                      ]
                    : []),
                ])}
              />
            )}
            {(cursors.length > 1 || next !== null) && (
              <p className="actions">
                <button
                  type="button"
                  disabled={cursors.length === 1}
                  onClick={() => setCursors((now) => now.slice(0, -1))}
                >
                  Earlier
                </button>
                <button type="button" disabled={next === null} onClick={() => setCursors((now) => [...now, next])}>
                  Later
                </button>
              </p>
            )}
          </>
        );
      }}
    </Await>
  );
}

/** Runs that make masks or exports try again by themselves what failed. */
const mayPass = (step: string) => step.startsWith('extracted/');

/** How a retry is doing; the list is read again when it ends. */
function Retry({ dataset, run: id, ended }: { dataset: string; run: string; ended(): void }) {
  const run = useLoaded(getDatasetRun, { params: { dataset }, query: { id } }, 1_000).value;
  const over = run !== undefined && run.state !== 'running';
  useEffect(() => {
    if (over) ended();
  }, [over, ended]);
  const { progress, state, reason, waiting } = run ?? {};
  const text = () => {
    if (waiting) return `Waiting for a worker: ${waiting.start}`;
    if (!over) return 'Trying again …';
    if (state !== 'done') return `The retry has ${state}${reason ? `: ${reason}` : ''}.`;
    if (!progress) return 'Tried again.';
    return `Tried again: ${counted(progress.done, 'image')} made it, ${count(progress.failed)} of the dataset still failed.`;
  };
  return <p role="status">{text()}</p>;
}
