/** The end of a comparison: all new masks are shown, or the marked ones, or none. */
import { type BuildInfo, postBuildPromote, postBuildReject } from '@saltworks/contract/api/builds';
import { useState } from 'react';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { count, counted } from '../plots/figures.ts';
import { imagesOf, type Marks } from './marks.ts';
import { pathOf, textOf } from './subject.ts';
import { short } from './words.ts';

interface Props {
  build: BuildInfo;
  marks: Marks;
  undo(): void;
  /** Forgets all marks. */
  clear(): void;
}

export function Decide({ build, marks, undo, clear }: Props) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const taken = imagesOf(marks, 'take');
  const kept = imagesOf(marks, 'keep');
  const place = { params: { subject: textOf(build.subject), build: build.id } };
  const end = async (work: () => Promise<BuildInfo>) => {
    setBusy(true);
    setFailure('');
    try {
      await work();
      clear();
      location.assign(pathOf(build.subject));
    } catch (error) {
      setFailure((error as Error).message);
      setBusy(false);
    }
  };
  const show = (body: { take?: number[]; keep?: number[] }) => end(() => ask(postBuildPromote, { ...place, body }));
  const what = `build ${short(build.id)}`;
  return (
    <section className="decide" aria-label="Decide">
      <p>
        <strong>{count(taken.length)}</strong> to take, <strong>{count(kept.length)}</strong> to keep
        <button type="button" className="quiet" onClick={undo} disabled={marks.past.length === 0}>
          Undo
        </button>
      </p>
      <p role="alert" className="failure">
        {failure}
      </p>
      <span className="space" />
      {busy ? (
        <p role="status">Switching over…</p>
      ) : (
        <span className="buttons">
          {taken.length > 0 && (
            <AskTwice
              label={`Take the ${counted(taken.length, 'marked one')}`}
              what={`of ${what}`}
              act={() => void show({ take: taken })}
            />
          )}
          {kept.length > 0 && taken.length === 0 && (
            <AskTwice
              label={`Take all but the ${count(kept.length)} kept`}
              what={`of ${what}`}
              act={() => void show({ keep: kept })}
            />
          )}
          <AskTwice label="Take all" what={`masks of ${what}`} act={() => void show({})} />
          {build.state === 'held' && (
            <AskTwice label="Take none" what={`of ${what}`} act={() => void end(() => ask(postBuildReject, place))} />
          )}
        </span>
      )}
    </section>
  );
}
