/** The review queue: submitted images, one after the other. */
import { getCampaignAssignments } from '@saltworks/contract/api/assignments';
import { getCampaign } from '@saltworks/contract/api/campaigns';
import { addressOf } from '@saltworks/contract/api/endpoint';
import { getAssignmentThumbnail } from '@saltworks/contract/api/open-assignments';
import { useSearchParams } from 'wouter';
import { Brand } from '../brand.tsx';
import { useLoaded } from '../load.ts';
import { Handed } from '../review/handed.tsx';
import '../review/review.css';
import { Failed, Loading } from '../states.tsx';

export function ReviewPage({ campaign: id }: { campaign: string }) {
  const campaign = useLoaded(getCampaign, { params: { campaign: id } });
  const queue = useLoaded(
    getCampaignAssignments,
    { params: { campaign: id }, query: { state: 'submitted', limit: 100 } },
    15_000,
  );
  const [query, setQuery] = useSearchParams();
  const failure = campaign.error ?? queue.error;
  if (failure) return <Failed error={failure} again={queue.again} />;
  if (!campaign.value || !queue.value) return <Loading what="what was handed in" />;
  const waiting = queue.value;
  // An image opened by its address may already be reviewed.
  const current = query.get('assignment') ?? waiting[0]?.id;
  const choose = (assignment?: string) => setQuery(assignment ? { assignment } : {}, { replace: true });
  const step = (by: 1 | -1) => {
    const at = waiting.findIndex((assignment) => assignment.id === current);
    const next = waiting[Math.min(waiting.length - 1, Math.max(0, at + by))];
    if (next) choose(next.id);
  };
  return (
    <div className="review">
      <nav aria-label="Handed in">
        <Brand />
        <h1>{campaign.value.name}</h1>
        <p className="hint">{waiting.length === 100 ? '100 and more' : waiting.length} to review</p>
        <ul>
          {waiting.map((assignment) => (
            <li key={assignment.id}>
              <button
                type="button"
                aria-pressed={assignment.id === current}
                onClick={() => choose(assignment.id)}
                title={`${assignment.image.name} by ${assignment.author}`}
              >
                <img
                  src={addressOf(getAssignmentThumbnail, { params: { assignment: assignment.id } })}
                  alt=""
                  loading="lazy"
                />
                <span className="work">
                  <span>{assignment.image.name}</span>
                  <small>{assignment.author}</small>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </nav>
      {current ? (
        <Handed
          key={current}
          id={current}
          campaign={campaign.value}
          step={step}
          done={() => {
            choose();
            queue.again();
          }}
        />
      ) : (
        <main className="page">
          <h2>Nothing to review</h2>
          <p>What annotators hand in appears here by itself.</p>
          <p className="actions">
            <a className="button" href={`/campaigns/${id}/images`}>
              Look at its images
            </a>
            <a className="button" href={`/campaigns/${id}`}>
              Its progress
            </a>
          </p>
        </main>
      )}
    </div>
  );
}
