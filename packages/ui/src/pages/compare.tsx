/** One image as each annotator labelled it, and their consensus. */

import { type Assignment, getCampaignAssignments } from '@saltworks/contract/api/assignments';
import { type Campaign, getCampaign } from '@saltworks/contract/api/campaigns';
import { postTaskConsensus, type Weighting } from '@saltworks/contract/api/measures';
import { useState } from 'react';
import type { Shortcut } from '../annotate/shortcuts.ts';
import { ask } from '../api.ts';
import { Legend } from '../legend.tsx';
import { useLoaded } from '../load.ts';
import { Pane } from '../review/pane.tsx';
import '../review/review.css';
import { useWorks } from '../review/works.ts';
import { Failed, Loading } from '../states.tsx';
import { mayIn, useMe } from './me.ts';
import { Shell } from './shell.tsx';

const handedIn = ['submitted', 'accepted', 'sent_back'];

export function ComparePage({ campaign: id, task }: { campaign: string; task: string }) {
  const campaign = useLoaded(getCampaign, { params: { campaign: id } });
  const assignments = useLoaded(getCampaignAssignments, { params: { campaign: id }, query: { task, limit: 200 } });
  const failure = campaign.error ?? assignments.error;
  if (failure) return <Failed error={failure} again={assignments.again} />;
  if (!campaign.value || !assignments.value) return <Loading what="what annotators have drawn" />;
  const works = assignments.value.filter(({ state, mask }) => handedIn.includes(state) && mask !== null);
  if (works.length === 0) {
    return (
      <Shell title="Nothing to compare">
        <p>Nobody has handed this image in yet.</p>
        <p>
          <a href={`/campaigns/${id}/review`}>To the reviews</a>
        </p>
      </Shell>
    );
  }
  return <Compare campaign={campaign.value} task={task} assignments={works} />;
}

function Compare({ campaign, task, assignments }: { campaign: Campaign; task: string; assignments: Assignment[] }) {
  const { works, together, consent, photograph, failure, readConsensus } = useWorks(campaign, task, assignments);
  const nameOf = (user: string) => assignments.find((each) => each.user === user)?.author ?? 'former annotator';
  const { value: me } = useMe();
  // The consensus is exported, so only managers make one.
  const manages = mayIn(me, campaign.id, 'manager');
  const [labels, setLabels] = useState(true);
  const [differences, setDifferences] = useState(false);
  const [message, setMessage] = useState('');
  const [busy, setBusy] = useState(false);
  const [weights, setWeights] = useState<Weighting>('reliability');

  const make = async () => {
    setBusy(true);
    setMessage('All strokes are being solved together…');
    try {
      await ask(postTaskConsensus, { params: { task }, body: { weights } });
      await readConsensus();
      setMessage('');
    } catch (error) {
      setMessage((error as Error).message);
    } finally {
      setBusy(false);
    }
  };
  const shortcuts: Shortcut[] = [
    { keys: ['v'], show: 'V', label: 'where they differ', run: () => setDifferences((now) => !now) },
    { keys: ['m'], show: 'M', label: 'labels on and off', run: () => setLabels((now) => !now) },
    ...(manages ? [{ keys: ['g'], show: 'G', label: 'make the consensus', run: () => void make() }] : []),
  ];
  const { name } = assignments[0].image;
  const aside = (
    <>
      <span className="hint">
        {campaign.name}, {assignments.length} {assignments.length === 1 ? 'annotator' : 'annotators'}
      </span>
      <span className="space" />
      <button type="button" aria-pressed={labels} onClick={() => setLabels(!labels)}>
        Labels
      </button>
      <button
        type="button"
        aria-pressed={differences}
        disabled={assignments.length < 2}
        onClick={() => setDifferences(!differences)}
      >
        Where they differ
      </button>
      {manages && (
        <label className="inline">
          Weights
          <select value={weights} onChange={(event) => setWeights(event.target.value as Weighting)}>
            <option value="reliability">by reliability</option>
            <option value="equal">all equal</option>
          </select>
        </label>
      )}
      {manages && (
        <button type="button" className="main" disabled={busy} onClick={() => void make()}>
          {together ? 'Make the consensus again' : 'Make the consensus'}
        </button>
      )}
      <a className="button" href={`/campaigns/${campaign.id}/review`}>
        Reviews
      </a>
    </>
  );
  return (
    <Shell title={name} aside={aside} shortcuts={shortcuts} wide>
      <p role="status" className="hint">
        {failure || message}
      </p>
      {photograph && (
        <div className="panes">
          {together && (
            <figure>
              <Pane
                photograph={photograph}
                labels={together.labels}
                colours={together.colours}
                shown={labels}
                name={`Consensus on ${name}`}
              />
              <figcaption>
                <strong>Consensus</strong>
                <span className="hint">
                  {Object.entries(together.weights)
                    .map(([user, weight]) => `${nameOf(user)} × ${weight.toFixed(2)}`)
                    .join(', ')}
                </span>
                <Legend entries={together.classes} />
              </figcaption>
            </figure>
          )}
          {works.map(({ assignment, labels: mask, colours, classes, agrees }) => (
            <figure key={assignment.id}>
              <Pane
                photograph={photograph}
                labels={mask}
                colours={colours}
                consent={differences ? consent : undefined}
                shown={labels || differences}
                name={`${name} by ${nameOf(assignment.user)}`}
              />
              <figcaption>
                <strong>{nameOf(assignment.user)}</strong>
                <span className="hint">
                  {assignment.state.replace('_', ' ')}
                  {agrees !== undefined && `, the consensus agrees on ${(100 * agrees).toFixed(1)} % of pixels`}
                </span>
                <a href={`/campaigns/${campaign.id}/review?assignment=${assignment.id}`}>Review</a>
                <Legend entries={classes} />
              </figcaption>
            </figure>
          ))}
        </div>
      )}
    </Shell>
  );
}
