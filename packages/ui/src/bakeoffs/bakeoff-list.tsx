/** The bake-offs of a campaign or a dataset. */
import { type BakeoffInfo, postSubjectBakeoffCancel } from '@saltworks/contract/api/bakeoffs';
import type { Subject } from '@saltworks/contract/documents/builds';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { textOf } from '../builds/subject.ts';
import { count, moment, percent } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';

export const bakeoffPath = ({ kind, name }: Subject, id?: string): string =>
  [`/${kind}s/${name}/bakeoffs`, ...(id === undefined ? [] : [id])].join('/');

interface Props {
  of: Subject;
  bakeoffs: readonly BakeoffInfo[];
  changed(): void;
}

export function BakeoffList({ of, bakeoffs, changed }: Props) {
  const { failure, attempt } = useAttempt(changed);
  const cancel = (bakeoff: string) =>
    attempt(() => ask(postSubjectBakeoffCancel, { params: { subject: textOf(of), bakeoff } }));
  return (
    <>
      <Table
        caption="Bake-offs, the newest first"
        columns={[
          { name: 'Started' },
          { name: 'Variants' },
          { name: 'Images', number: true },
          { name: 'State' },
          { name: 'Action' },
        ]}
        rows={bakeoffs.map((bakeoff) => [
          <a key="link" href={bakeoffPath(of, bakeoff.id)}>
            {moment(bakeoff.started)}
          </a>,
          bakeoff.variants.map(({ name }) => name).join(' · '),
          count(bakeoff.images),
          stateWords(bakeoff),
          bakeoff.state === 'running' ? (
            <button
              key="cancel"
              type="button"
              className="quiet"
              aria-label={`Cancel the bake-off of ${moment(bakeoff.started)}`}
              onClick={() => void cancel(bakeoff.id)}
            >
              Cancel
            </button>
          ) : (
            ''
          ),
        ])}
      />
      <p role="alert" className="failure">
        {failure}
      </p>
    </>
  );
}

export function stateWords({ state, progress, reason }: BakeoffInfo): string {
  if (state === 'failed') return `failed: ${reason ?? 'nobody could say why'}`;
  if (state !== 'running' || !progress) return state;
  return `running, ${percent(progress.done / Math.max(1, progress.total))}`;
}
