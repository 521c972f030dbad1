/** Images that runs could not use, and why. */
import { getDatasetFailures } from '@saltworks/contract/api/mask-sets';
import { useState } from 'react';
import { useLoaded } from '../load.ts';
import { Table } from '../plots/table.tsx';
import { Await } from '../states.tsx';

const size = 50;

export function Failures({ dataset }: { dataset: string }) {
  /** Cursors of the visited parts; the last one is shown. */
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const after = cursors[cursors.length - 1];
  const failures = useLoaded(getDatasetFailures, {
    params: { dataset },
    query: { limit: size, after: after ?? undefined },
  });
  return (
    <Await loaded={failures} what="failures">
      {({ items, next }) => (
        <>
          {items.length === 0 && cursors.length === 1 && next === null ? (
            <p className="empty">Nothing has failed.</p>
          ) : (
            <Table
              caption="Images that failed"
              columns={[{ name: 'Image' }, { name: 'Step' }, { name: 'Reason' }]}
              rows={items.map(({ name, step, reason }) => [name, <code key="step">{step}</code>, reason])}
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
      )}
    </Await>
  );
}
