/** One step back to the build that was shown before: nothing is computed, and strokes stay. */
import { type BuildInfo, postBuildRollback } from '@saltworks/contract/api/builds';
import type { Subject } from '@saltworks/contract/documents/builds';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { pathOf, textOf } from './subject.ts';
import { nameOf, short } from './words.ts';

interface Props {
  of: Subject;
  from: BuildInfo;
  /** Null: nothing was shown before. */
  to: BuildInfo | null;
  done(): void;
}

export function RollBack({ of, from, to, done }: Props) {
  const { failure, attempt } = useAttempt(done);
  if (to === null) return <p className="hint">No other build was shown before it, so there is no way back.</p>;
  const back = () =>
    attempt(() => ask(postBuildRollback, { params: { subject: textOf(of) }, body: { from: from.id } }));
  return (
    <>
      <div className="actions">
        <AskTwice label="Roll back" what={`to build ${short(to.id)}`} act={() => void back()} />
        <p className="hint">
          Goes back to <a href={pathOf(of, to.id)}>{nameOf(to)}</a>. Strokes stay; images drawn since show their own
          masks.
        </p>
      </div>
      <p role="alert" className="failure">
        {failure}
      </p>
    </>
  );
}
