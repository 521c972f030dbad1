/** All masks made anew with other settings: the form, and how the run gets on. */
import { getBackbones } from '@saltworks/contract/api/backbones';
import { postBuildRelabel } from '@saltworks/contract/api/builds';
import type { DatasetRun } from '@saltworks/contract/api/runs';
import type { Subject } from '@saltworks/contract/documents/builds';
import { defaultThresholds } from '@saltworks/contract/documents/comparisons';
import { presetNames } from '@saltworks/contract/kinds';
import { useEffect, useRef, useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { RunList } from '../datasets/run-list.tsx';
import { useRuns } from '../datasets/use-runs.ts';
import { Field } from '../field.tsx';
import { KeysFields } from '../keys/keys-fields.tsx';
import { useLoaded } from '../load.ts';
import { count, moment, percent } from '../plots/figures.ts';
import { Panel } from '../states.tsx';
import { emptyRelabel, type RelabelDraft, relabelOf } from './relabel-draft.ts';
import { pathOf, type SubjectPage, textOf } from './subject.ts';
import { short } from './words.ts';

interface Props {
  of: Subject;
  dataset: string;
  subject: SubjectPage;
  /** Called when a run ends: there is another build. */
  ended(): void;
}

export function RelabelPanel({ of, dataset, subject, ended }: Props) {
  const runs = useRuns(dataset);
  const mine = (runs.value ?? []).filter((run) => run.kind === 'relabel' && run.of === textOf(of));
  const running = mine.filter(({ state }) => state === 'running');
  const before = useRef(0);
  useEffect(() => {
    if (running.length < before.current) ended();
    before.current = running.length;
  }, [running.length, ended]);
  const last = mine
    .filter(({ state }) => state !== 'running')
    .reduce<DatasetRun | undefined>((late, run) => (late && late.started > run.started ? late : run), undefined);
  return (
    <Panel title="Re-label">
      {running.length > 0 ? (
        <RunList
          dataset={dataset}
          masks={[]}
          runs={running}
          controls={subject.me?.role === 'admin'}
          changed={runs.again}
        />
      ) : (
        <>
          {last && <Outcome of={of} run={last} />}
          <RelabelForm of={of} subject={subject} started={runs.again} />
        </>
      )}
    </Panel>
  );
}

/** What came of the last one. */
function Outcome({ of, run: { state, started, reason, relabelled } }: { of: Subject; run: DatasetRun }) {
  if (state === 'failed') {
    return (
      <p role="alert" className="failure">
        The last one, of {moment(started)}, failed: {reason ?? 'nobody could say why'}
      </p>
    );
  }
  if (!relabelled) return null;
  const { build, base, changed, promoted, gate } = relabelled;
  return (
    <p className={promoted ? 'hint' : 'note-line'} role="status">
      The last one made build <a href={pathOf(of, build)}>{short(build)}</a>: {count(changed)} masks changed.{' '}
      {promoted ? 'It is shown.' : gate.open ? 'It is not shown yet.' : `It is held: ${gate.reasons.join('; ')}.`}{' '}
      {base !== null && <a href={pathOf(of, build, 'compared')}>Compare</a>}
    </p>
  );
}

const promotes: [RelabelDraft['promote'], string][] = [
  ['auto', 'is shown if the gate is open, else held'],
  ['hold', 'is held for a person to decide'],
  ['never', 'is made and compared only'],
];

function RelabelForm({ of, subject, started }: { of: Subject; subject: SubjectPage; started(): void }) {
  const [draft, setDraft] = useState(() => emptyRelabel(subject.keys));
  const backbones = useLoaded(getBackbones, {}).value;
  const { failure, attempt } = useAttempt(started);
  const change = (changes: Partial<RelabelDraft>) => setDraft((now) => ({ ...now, ...changes }));
  const start = (event: React.FormEvent) => {
    event.preventDefault();
    void attempt(() => ask(postBuildRelabel, { params: { subject: textOf(of) }, body: relabelOf(draft) }));
  };
  return (
    <details className="more">
      <summary>All masks made anew from the strokes, with another backbone, layer or preset</summary>
      <form className="run-form wide" onSubmit={start}>
        <KeysFields backbones={backbones} draft={draft} change={change} />
        <div className="fields">
          <Field label="Preset">
            <select
              value={draft.preset}
              onChange={(event) => change({ preset: event.target.value as RelabelDraft['preset'] })}
            >
              <option value="">{subject.preset ? `as now: ${subject.preset}` : 'best'}</option>
              {presetNames.map((preset) => (
                <option key={preset}>{preset}</option>
              ))}
            </select>
          </Field>
          <Field label="Once it is made, it">
            <select
              value={draft.promote}
              onChange={(event) => change({ promote: event.target.value as RelabelDraft['promote'] })}
            >
              {promotes.map(([mode, words]) => (
                <option key={mode} value={mode}>
                  {words}
                </option>
              ))}
            </select>
          </Field>
          <Field label="Masks accepted in review">
            <select
              value={draft.keep}
              onChange={(event) => change({ keep: event.target.value as RelabelDraft['keep'] })}
            >
              <option value="accepted">stay, and are compared</option>
              <option value="none">are replaced, too</option>
            </select>
          </Field>
          <Field
            label="Held if mean IoU falls by more than"
            hint={`On known and accepted masks. Left empty: the campaign’s own, else ${defaultThresholds.worse}.`}
          >
            <input
              type="number"
              min={0}
              max={1}
              step="any"
              value={draft.worse}
              onChange={(event) => change({ worse: event.target.value })}
            />
          </Field>
          <Field
            label="Held if segments change by more than, %"
            hint={`Left empty: the campaign’s own, else ${percent(defaultThresholds.changed)}.`}
          >
            <input
              type="number"
              min={0}
              max={100}
              step="any"
              value={draft.changed}
              onChange={(event) => change({ changed: event.target.value })}
            />
          </Field>
        </div>
        <p>
          <button type="submit" className="main">
            Re-label
          </button>{' '}
          <span className="hint">
            Strokes stay as they are, and what is shown stays until the new masks are judged.
          </span>
        </p>
        <p role="alert" className="failure">
          {failure}
        </p>
      </form>
    </details>
  );
}
