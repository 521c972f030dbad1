/** Campaigns that one takes part in. */
import type { Campaign, CampaignProgress, Me } from '@saltworks/core/contract/api';
import { api } from '../api.ts';
import { useLoaded } from '../load.ts';
import { Failed, Loading } from '../states.tsx';

export function HomePage() {
  const me = useLoaded<Me>('/api/me');
  const campaigns = useLoaded<Campaign[]>('/api/campaigns');
  const failure = me.error ?? campaigns.error;
  if (failure) return <Failed error={failure} again={campaigns.again} />;
  if (!me.value || !campaigns.value) return <Loading what="campaigns" />;
  return (
    <main className="page">
      <header className="bar plain">
        <h1>Campaigns</h1>
        <span className="space" />
        <span>{me.value.name}</span>
        <button type="button" onClick={signOut}>
          Sign out
        </button>
      </header>
      {campaigns.value.length === 0 && (
        <p className="hint">
          None yet. Make one: <code>saltworks campaign create</code>
        </p>
      )}
      <ul className="cards">
        {campaigns.value.map((campaign) => (
          <Card key={campaign.id} campaign={campaign} />
        ))}
      </ul>
    </main>
  );
}

function Card({ campaign: { id, name, state, dataset, categories } }: { campaign: Campaign }) {
  const { value: progress } = useLoaded<CampaignProgress>(`/api/campaigns/${id}/progress`, 10_000);
  return (
    <li className="card">
      <h2>{name}</h2>
      <p className="hint">
        {dataset} · {categories.length} classes · {state}
      </p>
      {progress && (
        <p>
          <progress value={progress.done} max={Math.max(1, progress.tasks)} aria-label={`Done of ${name}`} />{' '}
          {progress.done} of {progress.tasks} images done{progress.filled ? '' : ', more are being prepared'}
        </p>
      )}
      <p className="actions">
        <a className="button main" href={`/campaigns/${id}/annotate`}>
          Annotate
        </a>
        <a className="button" href={`/campaigns/${id}/review`}>
          Review
        </a>
      </p>
    </li>
  );
}

async function signOut(): Promise<void> {
  await api('POST', '/api/auth/sign-out', {}).catch(() => {});
  location.href = '/sign-in';
}
