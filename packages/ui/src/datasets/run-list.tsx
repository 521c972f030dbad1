/** The runs of a dataset: progress, pause, resume and cancel. */

import type { MaskSet } from '@saltworks/contract/api/mask-sets';
import { type DatasetRun, postDatasetRunsControl, type RunAction } from '@saltworks/contract/api/runs';
import { failingText, shareOf, throughOf, waitingText } from '@saltworks/contract/run-state';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { count, counted, moment } from '../plots/figures.ts';
import { masksOf } from './mask-sets.tsx';

interface Props {
  dataset: string;
  masks: readonly MaskSet[];
  runs: DatasetRun[];
  /** Whether the caller may pause and cancel runs. */
  controls: boolean;
  changed(): void;
}

const kinds = {
  ...{ extract: 'Keys', propagate: 'Masks', export: 'Export' },
  ...{ relabel: 'Re-labelling', rebuild: 'Rebuild', compare: 'Comparison', evaluate: 'Evaluation' },
  ...{ prelabel: 'Pre-labels', search: 'Search' },
};

export function RunList({ dataset, masks, runs, controls, changed }: Props) {
  const { failure, attempt } = useAttempt(changed);
  const control = (id: string, action: RunAction) =>
    attempt(() => ask(postDatasetRunsControl, { params: { dataset }, body: { id, action } }));
  return (
    <>
      <p role="alert" className="failure">
        {failure}
      </p>
      <ul className="runs" aria-label="Runs">
        {runs.map((run) => (
          <li key={`${run.id} ${run.started}`}>
            <Run dataset={dataset} run={run} masks={masks} />
            {controls && run.state === 'running' && (
              <span className="buttons">
                {run.progress?.paused ? (
                  <button type="button" onClick={() => void control(run.id, 'resume')}>
                    Resume
                  </button>
                ) : (
                  <button type="button" onClick={() => void control(run.id, 'pause')}>
                    Pause
                  </button>
                )}
                <button type="button" onClick={() => void control(run.id, 'cancel')}>
                  Cancel
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** The subject of a run: keys, masks, or masks in a format. */
function whatOf(dataset: string, { kind, of }: DatasetRun, masks: readonly MaskSet[]): React.ReactNode {
  if (kind === 'extract' || kind === 'evaluate' || kind === 'prelabel') return <code>{of}</code>;
  if (kind === 'search') {
    return (
      <a href={`/datasets/${dataset}/search/${of}`}>
        <code>{of}</code>
      </a>
    );
  }
  if (kind === 'relabel' || kind === 'rebuild' || kind === 'compare') return <BuildsOf of={of} />;
  if (kind === 'propagate') return masksOf(masks, of);
  const slash = of.indexOf('/');
  return (
    <>
      {of.slice(0, slash)} of {masksOf(masks, of.slice(slash + 1))}
    </>
  );
}

/** @param of `campaign:ID`, `dataset:NAME/BUILD`, `dataset:NAME/BEFORE-AFTER` */
function BuildsOf({ of }: { of: string }) {
  const [, kind, name, build] = /^(campaign|dataset):([^/]+)(?:\/(?:\w+-)?(\w+))?$/.exec(of) ?? [];
  if (kind === undefined) return <code>{of}</code>;
  return (
    <>
      of <a href={`/${kind}s/${name}/builds${build ? `/${build}` : ''}`}>{`${kind} ${name}`}</a>
      {build && <code> {build.slice(0, 8)}</code>}
    </>
  );
}

/** Only images with scribbles take part in a propagate run, and only images with masks in an export. */
const leftOut = {
  ...{ extract: '', propagate: 'without scribbles', export: 'without a mask' },
  ...{ relabel: '', rebuild: '', compare: '', evaluate: '', prelabel: 'with strokes', search: 'without keys' },
};

export const stageWords = {
  extracting: 'keys are extracted',
  building: 'masks are made',
  comparing: 'masks are compared',
  teaching: 'drawn images teach',
  predicting: 'the others are predicted',
  indexing: 'keys are indexed',
  searching: 'places are looked for',
};

function Run({ dataset, run, masks }: { dataset: string; run: DatasetRun; masks: readonly MaskSet[] }) {
  const { kind, of, state, started, ended, progress, reason, waiting, failing } = run;
  const through = progress ? throughOf(progress) : 0;
  const others = progress && state === 'done' && leftOut[kind] ? progress.total - through : 0;
  return (
    <div className="run">
      <p>
        <strong>{kinds[kind]}</strong> {whatOf(dataset, run, masks)}
        {kind === 'propagate' && run.keys !== null && !masks.some(({ recipe }) => recipe === of) && (
          <>
            {' '}
            from keys <code>{run.keys}</code>
          </>
        )}{' '}
        <span className="tag">{progress?.paused ? 'paused' : state}</span>
        {progress?.stage && state === 'running' && <span className="hint"> {stageWords[progress.stage]}</span>}
      </p>
      {progress && (
        <p className="progress-line">
          <progress
            value={shareOf(progress, state === 'done')}
            max={1}
            aria-label={`Progress of ${kinds[kind]} ${of}`}
          />
          <span>
            {kind === 'extract'
              ? `${count(through)} of ${counted(progress.total, 'image')}`
              : counted(through, 'image')}
            {kind !== 'extract' &&
              state !== 'done' &&
              `, ${count(progress.shardsDone)} of ${counted(progress.shards, 'shard')}`}
            {progress.cached > 0 && `, ${count(progress.cached)} were there`}
            {progress.failed > 0 && `, ${count(progress.failed)} failed`}
            {others > 0 && `, ${count(others)} ${leftOut[kind]}`}
          </span>
        </p>
      )}
      <p className="hint">
        {moment(started)}
        {ended && ` to ${moment(ended)}`}
      </p>
      {waiting && <p className="failure">{waitingText(waiting)}</p>}
      {failing && <p className="failure">{failingText(failing)}</p>}
      {reason && <p className="failure">{reason}</p>}
    </div>
  );
}
