/** Every mask of a build made again from its strokes, to see whether it is the same. */
import { type BuildInfo, getBuildRebuilt, postBuildRebuild } from '@saltworks/contract/api/builds';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { RunList } from '../datasets/run-list.tsx';
import { useRuns } from '../datasets/use-runs.ts';
import { useLoaded } from '../load.ts';
import { count, counted, moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await } from '../states.tsx';
import { textOf } from './subject.ts';
import { short } from './words.ts';

/** @param controls whether the caller may pause and cancel runs */
export function Rebuild({ build, controls }: { build: BuildInfo; controls: boolean }) {
  const runs = useRuns(build.dataset);
  const { failure, attempt } = useAttempt(runs.again);
  const name = `${textOf(build.subject)}/${build.id}`;
  const mine = (runs.value ?? []).filter(({ kind, of }) => kind === 'rebuild' && of === name);
  const running = mine.filter(({ state }) => state === 'running');
  const last = mine.reduce<DatasetRun | undefined>(
    (late, run) => (late && late.started > run.started ? late : run),
    undefined,
  );
  const place = { params: { subject: textOf(build.subject), build: build.id } };
  return (
    <>
      {running.length > 0 ? (
        <RunList dataset={build.dataset} masks={[]} runs={running} controls={controls} changed={runs.again} />
      ) : (
        <div className="actions">
          <AskTwice
            label="Make it again"
            what={`build ${short(build.id)}`}
            act={() => void attempt(() => ask(postBuildRebuild, place))}
          />
          <p className="hint">
            Every mask is made from its strokes, keys and settings, and compared byte by byte. Nothing changes.
          </p>
        </div>
      )}
      <p role="alert" className="failure">
        {failure}
      </p>
      {running.length === 0 && last && <Outcome build={build} run={last} />}
    </>
  );
}

function Outcome({ build, run: { state, started, reason, rebuilt } }: { build: BuildInfo; run: DatasetRun }) {
  if (state === 'failed') {
    return (
      <p role="alert" className="failure">
        The last time, on {moment(started)}, failed: {reason ?? 'nobody could say why'}
      </p>
    );
  }
  if (!rebuilt) return null;
  if (rebuilt.differing === 0) return <p role="status">Made again on {moment(started)}: every mask is the same.</p>;
  return (
    <>
      <p className="note-line" role="status">
        Made again on {moment(started)}: {counted(rebuilt.differing, 'mask')} came out otherwise.
      </p>
      <Differing build={build} all={rebuilt.differing} />
    </>
  );
}

function Differing({ build, all }: { build: BuildInfo; all: number }) {
  const differing = useLoaded(getBuildRebuilt, { params: { subject: textOf(build.subject), build: build.id } });
  return (
    <Await loaded={differing} what="masks that came out otherwise">
      {({ items }) => (
        <>
          <Table
            caption="Masks that came out otherwise"
            columns={[{ name: 'Image' }, { name: 'Why' }]}
            rows={items.map(({ name, reason }) => [name, reason])}
          />
          {items.length < all && <p className="hint">And {count(all - items.length)} more.</p>}
        </>
      )}
    </Await>
  );
}
