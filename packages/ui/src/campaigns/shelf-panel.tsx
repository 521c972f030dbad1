/** Puts a campaign into the archive, takes it out again, or deletes it. */
import {
  type Campaign,
  deleteCampaign,
  deleteCampaignArchive,
  postCampaignArchive,
} from '@saltworks/contract/api/campaigns';
import { ask } from '../api.ts';
import { ShelfPanel } from '../shelf-panel.tsx';

const words = {
  archived: 'In the archive: it is only read, and lists leave it out.',
  current:
    'In the archive a campaign is only read, and lists leave it out; it comes back as it was. One that is deleted can be restored for a while.',
};

export function CampaignShelf({ campaign: { id, archived }, changed }: { campaign: Campaign; changed(): void }) {
  const params = { campaign: id };
  return (
    <ShelfPanel
      what="campaign"
      name={id}
      archived={archived !== null}
      words={words}
      warning="Nobody sees it any more. Whoever manages it can restore it until its grace period ends; then all that was drawn in it goes for good, with its masks and exports."
      archive={() => ask(postCampaignArchive, { params })}
      unarchive={() => ask(deleteCampaignArchive, { params })}
      remove={async () => {
        await ask(deleteCampaign, { params, query: {} });
        location.assign('/?show=deleted');
      }}
      changed={changed}
    />
  );
}
