/** A campaign that was deleted and can be restored. */
import { type Campaign, postCampaignRestore } from '@saltworks/contract/api/campaigns';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { moment } from '../plots/figures.ts';

export function DeletedCard({
  campaign: { id, name, dataset, deleted },
  changed,
}: {
  campaign: Campaign;
  changed(): void;
}) {
  const { failure, attempt } = useAttempt(changed);
  return (
    <li className="card">
      <div className="card-head">
        <h2>{name}</h2>
        <span className="tag">deleted</span>
      </div>
      <p className="hint">
        {dataset}
        {deleted && ` · deleted ${moment(deleted.at)}, goes for good ${moment(deleted.goes)}`}
      </p>
      <p className="actions">
        <button
          type="button"
          aria-label={`Restore ${name}`}
          onClick={() => void attempt(() => ask(postCampaignRestore, { params: { campaign: id } }))}
        >
          Restore
        </button>
      </p>
      <p role="alert" className="failure">
        {failure}
      </p>
    </li>
  );
}
