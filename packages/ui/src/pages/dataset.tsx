/** A dataset: images, runs, failures, exports, settings. */

import { type DatasetDetail, getDataset } from '@saltworks/contract/api/mask-sets';
import { useState } from 'react';
import { DatasetShelf } from '../datasets/dataset-shelf.tsx';
import { Exports } from '../datasets/exports.tsx';
import { Failures } from '../datasets/failures.tsx';
import { focusFilters } from '../datasets/filters.tsx';
import { DatasetImages } from '../datasets/images.tsx';
import { RemovedImages } from '../datasets/removed-images.tsx';
import { RunList } from '../datasets/run-list.tsx';
import { StartRun } from '../datasets/start-run.tsx';
import { datasetTabs } from '../datasets/tabs.ts';
import { Uploads } from '../datasets/upload/uploads.tsx';
import { useRuns } from '../datasets/use-runs.ts';
import { KeySets } from '../keys/key-sets.tsx';
import { useLoaded } from '../load.ts';
import { counted, moment, size } from '../plots/figures.ts';
import { Await } from '../states.tsx';
import { mayIn, useMe } from './me.ts';
import { Shell } from './shell.tsx';

type Part = 'images' | 'uploads' | 'keys' | 'runs' | 'failures' | 'exports' | 'settings';

export function DatasetPage({ dataset: name, part }: { dataset: string; part: Part }) {
  const me = useMe().value;
  const admin = me?.role === 'admin';
  const dataset = useLoaded(getDataset, { params: { dataset: name } });
  const manages = admin || (dataset.value?.campaigns ?? []).some(({ id }) => mayIn(me, id, 'manager'));
  const [masked, setMasked] = useState(true);
  const toggle = () => setMasked((now) => !now);
  const keys = [
    { keys: ['f'], show: 'F', label: 'to the filters', run: focusFilters },
    { keys: ['m'], show: 'M', label: 'masks on and off', run: toggle },
    { keys: [], show: '← → ↑ ↓', label: 'from image to image', run() {} },
  ];
  const start = () => document.querySelector<HTMLElement>('main form select')?.focus();
  const startKey = { keys: ['s'], show: 'S', label: part === 'runs' ? 'start a run' : 'start an export', run: start };
  const shortcuts = {
    images: keys,
    uploads: [],
    keys: [],
    runs: admin ? [startKey] : [],
    failures: [],
    exports: [startKey],
    settings: [],
  };
  return (
    <Shell
      title={name}
      tabs={datasetTabs(name, { manages, admin })}
      wide={part === 'images' || part === 'keys'}
      shortcuts={shortcuts[part]}
    >
      <Await loaded={dataset} what="the dataset">
        {(value) => (
          <>
            <Facts dataset={value} />
            {part === 'images' && <DatasetImages dataset={value} masked={masked} toggle={toggle} />}
            {part === 'uploads' && <Uploads dataset={name} changed={dataset.again} />}
            {part === 'keys' && <KeySets dataset={name} removes={admin} />}
            {part === 'runs' && <Runs dataset={value} admin={admin} />}
            {part === 'failures' && <Failures dataset={name} retries={admin} />}
            {part === 'settings' && admin && (
              <>
                <RemovedImages dataset={value} changed={dataset.again} />
                <DatasetShelf dataset={value} changed={dataset.again} />
              </>
            )}
            {part === 'exports' && (
              <Exports
                dataset={name}
                recipes={value.masks.map(({ recipe }) => recipe)}
                masks={value.masks}
                controls={admin}
              />
            )}
          </>
        )}
      </Await>
    </Shell>
  );
}

const Facts = ({
  dataset: { images, former, bytes, shards, updated, campaigns, archived },
}: {
  dataset: DatasetDetail;
}) => (
  <p className="hint facts-line">
    {archived && <span className="tag">archived</span>}
    <span>{counted(images, 'image')}</span>
    {former > 0 && <span>{counted(former, 'former version')}</span>}
    <span>{size(bytes)}</span>
    <span>{counted(shards, 'shard')}</span>
    <span>updated {moment(updated)}</span>
    {campaigns.length > 0 && (
      <span>
        {campaigns.length === 1 ? 'campaign ' : 'campaigns '}
        {campaigns.map(({ id, name }, i) => (
          <span key={id}>
            {i > 0 && ', '}
            <a href={`/campaigns/${id}`}>{name}</a>
          </span>
        ))}
      </span>
    )}
  </p>
);

function Runs({ dataset: { name: dataset, masks }, admin }: { dataset: DatasetDetail; admin: boolean }) {
  const runs = useRuns(dataset);
  return (
    <>
      {admin && <StartRun dataset={dataset} started={runs.again} />}
      <Await loaded={runs} what="runs">
        {(list) =>
          list.length === 0 ? (
            <p className="empty">Nothing ran over this dataset lately.</p>
          ) : (
            <RunList dataset={dataset} masks={masks} runs={list} controls={admin} changed={runs.again} />
          )
        }
      </Await>
    </>
  );
}
