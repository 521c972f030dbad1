/** All datasets. */
import { shownCampaigns as shownDatasets } from '@saltworks/contract/api/campaigns';
import { getDatasets } from '@saltworks/contract/api/datasets';
import { useState } from 'react';
import { DatasetTable, DeletedTable } from '../datasets/dataset-table.tsx';
import { Uploads } from '../datasets/upload/uploads.tsx';
import { Field } from '../field.tsx';
import { useLoaded } from '../load.ts';
import { Await, Panel } from '../states.tsx';
import { useMe } from './me.ts';
import { Shell } from './shell.tsx';

const shown = shownDatasets.options;
type Show = (typeof shown)[number];
const words: Record<Show, string> = {
  current: 'datasets in use',
  archived: 'the archive',
  deleted: 'deleted datasets',
};
const asked = () => new URLSearchParams(location.search).get('show');

export function DatasetsPage() {
  const admin = useMe().value?.role === 'admin';
  const [show, setShow] = useState<Show>(() => shown.find((each) => each === asked()) ?? 'current');
  const datasets = useLoaded(getDatasets, { query: { show } }, 30_000);
  return (
    <Shell title="Datasets">
      {admin && (
        <Panel title="New dataset">
          <Uploads changed={datasets.again} />
        </Panel>
      )}
      <div className="filters">
        <Field label="Show">
          <select value={show} onChange={({ target }) => setShow(target.value as Show)}>
            {shown
              .filter((each) => each !== 'deleted' || admin || show === each)
              .map((each) => (
                <option key={each} value={each}>
                  {words[each]}
                </option>
              ))}
          </select>
        </Field>
      </div>
      <Await loaded={datasets} what="datasets">
        {(found) =>
          found.length === 0 && show !== 'current' ? (
            <p>None.</p>
          ) : found.length === 0 ? (
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
          ) : show === 'deleted' ? (
            <DeletedTable datasets={found} changed={datasets.again} />
          ) : (
            <DatasetTable datasets={found} caption={show === 'archived' ? 'Datasets in the archive' : 'All datasets'} />
          )
        }
      </Await>
    </Shell>
  );
}
