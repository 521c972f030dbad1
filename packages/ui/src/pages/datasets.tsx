/** All datasets. */
import { getDatasets } from '@saltworks/contract/api/datasets';
import { DatasetTable, DeletedTable } from '../datasets/dataset-table.tsx';
import { Uploads } from '../datasets/upload/uploads.tsx';
import { useLoaded } from '../load.ts';
import { ShownSwitch, useShown } from '../shown.tsx';
import { Await, Panel } from '../states.tsx';
import { useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function DatasetsPage() {
  const admin = useMe().value?.role === 'admin';
  const [show, setShow] = useShown();
  const datasets = useLoaded(getDatasets, { query: { show } }, 30_000);
  return (
    <Shell title="Datasets">
      {admin && (
        <Panel title="New dataset">
          <Uploads changed={datasets.again} />
        </Panel>
      )}
      <ShownSwitch what="datasets" show={show} setShow={setShow} deleted={admin || show === 'deleted'} />
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
