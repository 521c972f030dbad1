/** Who did what: the audit trail, its newest entries first, and whether its chain is whole. */
import { getAudit, getAuditVerify } from '@saltworks/contract/api/accounts';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { counted, moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await, Panel } from '../states.tsx';

/** Entries of one answer. */
const size = 100;

export function AuditPanel() {
  /** The numbers that visited parts end before; the last one is shown. */
  const [ends, setEnds] = useState<(number | undefined)[]>([undefined]);
  const [verdict, setVerdict] = useState('');
  const { failure, attempt } = useAttempt(() => {});
  const entries = useLoaded(getAudit, { query: { before: ends[ends.length - 1] } });
  const verify = () =>
    attempt(async () => {
      const { entries, head, broken } = await ask(getAuditVerify);
      setVerdict(
        broken === undefined
          ? `${counted(entries, 'entry', 'entries')}, unbroken, up to ${head}`
          : `Entry ${broken} does not follow from the ${entries} before it.`,
      );
    });
  return (
    <Panel
      title="Audit trail"
      aside={
        <button type="button" onClick={() => void verify()}>
          Verify the chain
        </button>
      }
    >
      <p role="status" className="hint file-lines">
        {verdict}
      </p>
      <p role="alert" className="failure">
        {failure}
      </p>
      <Await loaded={entries} what="the audit trail">
        {(list) => (
          <>
            <Table
              caption="What was done"
              columns={[
                { name: 'Entry', number: true },
                { name: 'When' },
                { name: 'Who' },
                { name: 'What' },
                { name: 'Of' },
                { name: 'Detail' },
              ]}
              rows={list.map(({ n, at, actor, action, object, detail }) => [
                n,
                moment(at),
                actor ?? 'Saltworks itself',
                action,
                object,
                <code key="detail">{JSON.stringify(detail)}</code>,
              ])}
            />
            <p className="actions">
              <button type="button" disabled={ends.length === 1} onClick={() => setEnds((now) => now.slice(0, -1))}>
                Later
              </button>
              <button
                type="button"
                disabled={list.length < size}
                onClick={() => setEnds((now) => [...now, list.at(-1)?.n])}
              >
                Earlier
              </button>
            </p>
          </>
        )}
      </Await>
    </Panel>
  );
}
