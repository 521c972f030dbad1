/** Shows a build in place of the one that is shown. */
import { type BuildInfo, postBuildPromote } from '@saltworks/contract/api/builds';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { textOf } from './subject.ts';
import { short } from './words.ts';

export function Promote({ build, done }: { build: BuildInfo; done(): void }) {
  const { failure, attempt } = useAttempt(done);
  const place = { params: { subject: textOf(build.subject), build: build.id } };
  return (
    <>
      <div className="actions">
        <AskTwice
          label="Show this build"
          what={short(build.id)}
          act={() => void attempt(() => ask(postBuildPromote, { ...place, body: {} }))}
        />
        <p className="hint">It takes the place of the one that is shown. Strokes stay, and rolling back is one step.</p>
      </div>
      <p role="alert" className="failure">
        {failure}
      </p>
    </>
  );
}
