/** Datasets as a table; those that were deleted with a button that restores them. */
import { type DatasetInfo, postDatasetRestore } from '@saltworks/contract/api/datasets';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { count, moment, size } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';

export function DatasetTable({ datasets, caption }: { datasets: readonly DatasetInfo[]; caption: string }) {
  return (
    <Table
      caption={caption}
      columns={[
        { name: 'Name' },
        { name: 'Images', number: true },
        { name: 'Size', number: true },
        { name: 'Shards', number: true },
        { name: 'Updated' },
      ]}
      rows={datasets.map(({ name, images, bytes, shards, updated }) => [
        <a key={name} href={`/datasets/${name}`}>
          {name}
        </a>,
        count(images),
        size(bytes),
        count(shards),
        moment(updated),
      ])}
    />
  );
}

export function DeletedTable({ datasets, changed }: { datasets: readonly DatasetInfo[]; changed(): void }) {
  const { failure, attempt } = useAttempt(changed);
  return (
    <>
      <Table
        caption="Deleted datasets"
        columns={[
          { name: 'Name' },
          { name: 'Images', number: true },
          { name: 'Size', number: true },
          { name: 'Deleted' },
          { name: 'Goes for good' },
          { name: 'Back' },
        ]}
        rows={datasets.map(({ name, images, bytes, deleted }) => [
          name,
          count(images),
          size(bytes),
          deleted && moment(deleted.at),
          deleted && moment(deleted.goes),
          <button
            key={name}
            type="button"
            aria-label={`Restore ${name}`}
            onClick={() => void attempt(() => ask(postDatasetRestore, { params: { dataset: name } }))}
          >
            Restore
          </button>,
        ])}
      />
      <p role="alert" className="failure">
        {failure}
      </p>
    </>
  );
}
