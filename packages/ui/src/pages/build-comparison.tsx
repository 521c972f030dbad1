/** Two builds compared: figures, every image with a slider, and a person's decision. */
import { type BuildInfo, getBuild, getBuildComparison, getBuildShown } from '@saltworks/contract/api/builds';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Subject } from '@saltworks/contract/documents/builds';
import type { Comparison } from '@saltworks/contract/documents/comparisons';
import { failingText, shareOf, throughOf, waitingText } from '@saltworks/contract/run-state';
import { useEffect, useState } from 'react';
import { useSearchParams } from 'wouter';
import '../builds/builds.css';
import type { View } from '../builds/compared-image.tsx';
import { GateSays, Heads, Plots } from '../builds/comparison-figures.tsx';
import { Decide } from '../builds/decide.tsx';
import { Look, lookKeys } from '../builds/look.tsx';
import { noMarks, readMarks, undoMark } from '../builds/marks.ts';
import { pathOf, type SubjectPage, textOf, useSubject } from '../builds/subject.ts';
import { nameOf, settingsOf, short } from '../builds/words.ts';
import { focusFilters } from '../datasets/filters.tsx';
import { useLoaded } from '../load.ts';
import { counted } from '../plots/figures.ts';
import { Await, Panel } from '../states.tsx';
import { Shell } from './shell.tsx';

export function BuildComparisonPage({ kind, name, build }: Subject & { build: string }) {
  const of: Subject = { kind, name };
  const subject = useSubject(of);
  const [params] = useSearchParams();
  const place = { params: { subject: textOf(of), build } };
  const info = useLoaded(getBuild, place);
  const before = params.get('before') ?? undefined;
  const [done, setDone] = useState(false);
  const comparison = useLoaded(getBuildComparison, { ...place, query: { before } }, done ? undefined : 2_000);
  if (comparison.value?.comparison && !done) setDone(true);
  return (
    <Shell
      title={subject.title}
      tabs={subject.tabs}
      wide
      shortcuts={[
        ...lookKeys.map(([show, label]) => ({ keys: [], show, label, run() {} })),
        { keys: ['f'], show: 'F', label: 'to the filters', run: focusFilters },
      ]}
    >
      <Await loaded={info} what="the build">
        {(build) => (
          <>
            <p className="build-head">
              <a href={pathOf(of)}>Builds</a> <span className="hint">/</span>{' '}
              <a href={pathOf(of, build.id)}>{short(build.id)}</a> <span className="hint">/</span> compared
            </p>
            <Await loaded={comparison} what="the comparison">
              {({ comparison, run }) =>
                comparison ? (
                  <Compared build={build} comparison={comparison} subject={subject} />
                ) : (
                  <Comparing run={run} />
                )
              }
            </Await>
          </>
        )}
      </Await>
    </Shell>
  );
}

/** The question started the run that compares them. */
function Comparing({ run }: { run: DatasetRun | null }) {
  if (run && run.state !== 'running') {
    return (
      <p role="alert" className="failure">
        The builds could not be compared: {run.reason ?? `the run was ${run.state}`}
      </p>
    );
  }
  const progress = run?.progress;
  return (
    <div className="empty">
      <p role="status">The two builds are being compared, image by image…</p>
      {progress && (
        <p className="progress-line">
          <progress value={shareOf(progress, false)} max={1} aria-label="Progress of the comparison" />
          <span>{counted(throughOf(progress), 'image')}</span>
        </p>
      )}
      {run?.waiting && <p className="failure">{waitingText(run.waiting)}</p>}
      {run?.failing && <p className="failure">{failingText(run.failing)}</p>}
    </div>
  );
}

interface Props {
  build: BuildInfo;
  comparison: Comparison;
  subject: SubjectPage;
}

function Compared({ build, comparison, subject }: Props) {
  const of = build.subject;
  const shown = useLoaded(getBuildShown, { params: { subject: textOf(of) } });
  const kept = `saltworks marks ${textOf(of)} ${comparison.before ?? 'none'} ${comparison.after}`;
  const [marks, setMarks] = useState(() => readMarks(localStorage.getItem(kept)));
  useEffect(() => {
    if (marks === noMarks) localStorage.removeItem(kept);
    else localStorage.setItem(kept, JSON.stringify(marks));
  }, [marks, kept]);
  const [view, setView] = useState<View>({ masked: true, differing: false, at: 50 });
  const undo = () => setMarks((now) => undoMark(now)?.marks ?? now);
  const current = shown.value?.build;
  // Only a build that would replace the shown one is decided upon; any other pair is looked at.
  const decides =
    subject.manages && !build.current && current !== undefined && (current?.id ?? null) === comparison.before;
  return (
    <>
      <p className="pair">
        <Side of={build.subject} title="Before" build={comparison.before} />
        <Side of={build.subject} title="After" build={comparison.after} />
      </p>
      <Heads comparison={comparison} />
      {build.gate && build.base === comparison.before && <GateSays gate={build.gate} />}
      {current && !build.current && comparison.before !== current.id && (
        <p className="note-line">
          Another build is shown now, {short(current.id)}:{' '}
          <a href={`${pathOf(of, build.id, 'compared')}?before=${current.id}`}>compare with that one</a> to decide.
        </p>
      )}
      <Look
        pair={{ of, before: comparison.before, after: comparison.after }}
        dataset={build.dataset}
        comparison={comparison}
        classes={subject.classes}
        marks={decides ? { now: marks, set: setMarks } : undefined}
        view={view}
        change={(changes) => setView((now) => ({ ...now, ...changes }))}
      />
      {decides && <Decide build={build} marks={marks} undo={undo} clear={() => localStorage.removeItem(kept)} />}
      <Panel title="In figures">
        <Plots comparison={comparison} classes={subject.classes} />
      </Panel>
    </>
  );
}

/** One side, in words. */
function Side({ of, title, build }: { of: Subject; title: string; build: string | null }) {
  return (
    <span>
      <small>{title}</small>
      {build === null ? 'no masks' : <Named of={of} build={build} />}
    </span>
  );
}

function Named({ of, build }: { of: Subject; build: string }) {
  const { value } = useLoaded(getBuild, { params: { subject: textOf(of), build } });
  return (
    <a href={pathOf(of, build)} title={value && settingsOf(value)}>
      {value ? nameOf(value) : short(build)}
    </a>
  );
}
