/** All datasets. */
import { getDatasets } from '@saltworks/contract/api/datasets';
import { Uploads } from '../datasets/upload/uploads.tsx';
import { useLoaded } from '../load.ts';
import { count, moment, size } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await, Panel } from '../states.tsx';
import { useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function DatasetsPage() {
  const admin = useMe().value?.role === 'admin';
  const datasets = useLoaded(getDatasets, {}, 30_000);
  return (
    <Shell title="Datasets">
      {admin && (
        <Panel title="New dataset">
          <Uploads changed={datasets.again} />
        </Panel>
      )}
      <Await loaded={datasets} what="datasets">
        {(datasets) =>
          datasets.length === 0 ? (
            <div className="empty">
              {admin ? (
                <>
                  <p>
                    There is none yet. Drop pictures above, or import a folder, an S3 prefix or a COCO file by command:
                  </p>
                  <pre>saltworks dataset import FOLDER --name NAME</pre>
                </>
              ) : (
                <p>Those of campaigns that you review or manage are listed here: there is none.</p>
              )}
            </div>
          ) : (
            <Table
              caption="All datasets"
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
          )
        }
      </Await>
    </Shell>
  );
}
