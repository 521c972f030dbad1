/** Puts a campaign into the archive, takes it out again, or deletes it. */
import {
  type Campaign,
  deleteCampaign,
  deleteCampaignArchive,
  postCampaignArchive,
} from '@saltworks/contract/api/campaigns';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { Panel } from '../states.tsx';
import { TypeToConfirm } from '../type-to-confirm.tsx';

export function ShelfPanel({ campaign: { id, archived }, changed }: { campaign: Campaign; changed(): void }) {
  const { failure, attempt } = useAttempt(changed);
  const [asked, setAsked] = useState(false);
  const params = { campaign: id };
  const remove = async () => {
    await ask(deleteCampaign, { params, query: {} });
    location.assign('/?show=deleted');
  };
  return (
    <Panel title="Archive and delete">
      <div className="state">
        <p>
          {archived
            ? 'In the archive: it is only read, and lists leave it out.'
            : 'In the archive a campaign is only read, and lists leave it out; it comes back as it was. One that is deleted can be restored for a while.'}
        </p>
        <span className="buttons">
          {archived ? (
            <button type="button" onClick={() => void attempt(() => ask(deleteCampaignArchive, { params }))}>
              Take out of the archive
            </button>
          ) : (
            <button type="button" onClick={() => void attempt(() => ask(postCampaignArchive, { params }))}>
              Archive
            </button>
          )}
          <button type="button" onClick={() => setAsked(true)}>
            Delete this campaign
          </button>
        </span>
      </div>
      <p role="alert" className="failure">
        {failure}
      </p>
      {asked && (
        <TypeToConfirm
          title="Delete this campaign"
          name={id}
          label="Delete"
          act={() => {
            setAsked(false);
            void attempt(remove);
          }}
          close={() => setAsked(false)}
        >
          <p>
            Nobody sees it any more. Whoever manages it can restore it until its grace period ends; then all that was
            drawn in it goes for good, with its masks and exports.
          </p>
        </TypeToConfirm>
      )}
    </Panel>
  );
}
