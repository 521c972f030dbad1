/** A campaign's card in the list. */

import { type Campaign, getCampaignProgress } from '@saltworks/contract/api/campaigns';
import { useLoaded } from '../load.ts';
import { count, counted } from '../plots/figures.ts';
import { ProgressBar } from './progress-bar.tsx';

interface Props {
  campaign: Campaign;
  reviews: boolean;
  manages: boolean;
  /** Images of mine that were sent back to me. */
  sentBack: number;
}

export function CampaignCard({ campaign, reviews, manages, sentBack }: Props) {
  const { id, name, state, dataset, categories, archived } = campaign;
  const { value: progress } = useLoaded(getCampaignProgress, { params: { campaign: id } }, 30_000);
  const waiting = progress?.assignments.submitted ?? 0;
  return (
    <li className="card">
      <div className="card-head">
        <h2>
          {reviews ? (
            <a className="title" href={`/campaigns/${id}`}>
              {name}
            </a>
          ) : (
            name
          )}
        </h2>
        {(archived || state !== 'open') && <span className="tag">{archived ? 'archived' : state}</span>}
      </div>
      <p className="hint">
        {dataset} · {counted(categories.length, 'class', 'classes')}
      </p>
      <ProgressBar progress={progress} label={`Progress of ${name}`} />
      <p className="actions">
        {!archived && (
          <a className="button main" href={`/campaigns/${id}/annotate`}>
            Annotate
          </a>
        )}
        {sentBack > 0 && (
          <a className="button" href={`/work?campaign=${id}&state=sent_back`}>
            Sent back {count(sentBack)}
          </a>
        )}
        {reviews && (
          <a className="button" href={`/campaigns/${id}/review`}>
            Review{waiting > 0 ? ` ${count(waiting)}` : ''}
          </a>
        )}
        {manages && (
          <a className="button" href={`/campaigns/${id}`}>
            Manage
          </a>
        )}
      </p>
    </li>
  );
}
