/** Puts a dataset into the archive, takes it out again, or deletes it. */
import {
  type DatasetInfo,
  deleteDataset,
  deleteDatasetArchive,
  postDatasetArchive,
} from '@saltworks/contract/api/datasets';
import { ask } from '../api.ts';
import { ShelfPanel } from '../shelf-panel.tsx';

const words = {
  archived: 'In the archive: it is only read, no run goes over it, and lists leave it out. Campaigns over it go on.',
  current:
    'In the archive a dataset is only read, no run goes over it, and lists leave it out; it comes back as it was. One that no campaign uses can be deleted, and restored for a while.',
};

export function DatasetShelf({ dataset: { name, archived }, changed }: { dataset: DatasetInfo; changed(): void }) {
  const params = { dataset: name };
  return (
    <ShelfPanel
      what="dataset"
      name={name}
      archived={archived !== null}
      words={words}
      warning="Nobody sees it any more. Administrators can restore it until its grace period ends; then it goes for good: images that no other dataset has, with keys, scribbles, masks, builds and exports."
      archive={() => ask(postDatasetArchive, { params })}
      unarchive={() => ask(deleteDatasetArchive, { params })}
      remove={async () => {
        await ask(deleteDataset, { params, query: {} });
        location.assign('/datasets?show=deleted');
      }}
      changed={changed}
    />
  );
}
