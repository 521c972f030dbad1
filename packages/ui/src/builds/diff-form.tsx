/** Any two builds, or what was shown at any two times, to be compared. */
import { type BuildInfo, getBuildShown } from '@saltworks/contract/api/builds';
import type { Subject } from '@saltworks/contract/documents/builds';
import { useState } from 'react';
import { ask } from '../api.ts';
import { pathOf, textOf } from './subject.ts';
import { nameOf, stateOf } from './words.ts';

/** A side of the comparison as chosen: a build, or a local time. */
interface Side {
  build: string;
  at: string;
}

/** The choice of a time in place of a build. */
const atTime = 'time';

export function DiffForm({ of, builds }: { of: Subject; builds: readonly BuildInfo[] }) {
  const side = (i: number): Side => ({ build: builds[Math.min(i, builds.length - 1)].id, at: '' });
  const [before, setBefore] = useState(() => side(1));
  const [after, setAfter] = useState(() => side(0));
  const [failure, setFailure] = useState('');
  const buildOf = async ({ build, at }: Side, title: string) => {
    if (build !== atTime) return build;
    const found = await ask(getBuildShown, {
      params: { subject: textOf(of) },
      query: { at: new Date(at).toISOString() },
    });
    if (found.build === null) throw new Error(`${title}: no build was shown at that time.`);
    return found.build.id;
  };
  const go = async (event: React.FormEvent) => {
    event.preventDefault();
    setFailure('');
    try {
      const [old, made] = [await buildOf(before, 'Before'), await buildOf(after, 'After')];
      if (old === made) throw new Error('Both sides are the same build.');
      location.assign(`${pathOf(of, made, 'compared')}?before=${old}`);
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  return (
    <form onSubmit={go} aria-label="Compare any two">
      <div className="add diff">
        <Choice title="Before" builds={builds} side={before} change={setBefore} />
        <Choice title="After" builds={builds} side={after} change={setAfter} />
        <button type="submit">Compare</button>
      </div>
      <p role="alert" className="failure">
        {failure}
      </p>
    </form>
  );
}

interface ChoiceProps {
  title: string;
  builds: readonly BuildInfo[];
  side: Side;
  change(side: Side): void;
}

const Choice = ({ title, builds, side, change }: ChoiceProps) => (
  <>
    <label>
      {title}
      <select value={side.build} onChange={(event) => change({ ...side, build: event.target.value })}>
        {builds.map((build) => (
          <option key={build.id} value={build.id}>
            {nameOf(build)} ({stateOf(build)})
          </option>
        ))}
        <option value={atTime}>what was shown at a time …</option>
      </select>
    </label>
    {side.build === atTime && (
      <label>
        {title}, time
        <input
          type="datetime-local"
          required
          value={side.at}
          onChange={(event) => change({ ...side, at: event.target.value })}
        />
      </label>
    )}
  </>
);
