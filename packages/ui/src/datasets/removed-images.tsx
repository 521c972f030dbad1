/** Images that were taken out of a dataset: until when they can be put back. */
import {
  type DatasetInfo,
  getDatasetRemoved,
  postDatasetRemoved,
  postDatasetRemovedBack,
  type RemovedImage,
} from '@saltworks/contract/api/datasets';
import type { ImageFilter } from '@saltworks/contract/api/filters';
import { useState } from 'react';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { counted, moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await, Panel } from '../states.tsx';

/** Takes all images out that fit a filter. @param changed called once they are */
export function RemoveAll({ dataset, asked, changed }: { dataset: string; asked: ImageFilter; changed(): void }) {
  const [said, setSaid] = useState('');
  const { failure, attempt } = useAttempt(changed);
  const remove = () =>
    attempt(async () => {
      const body = { filter: asked };
      const { images, goes } = await ask(postDatasetRemoved, { params: { dataset }, body });
      setSaid(`${counted(images, 'image')} taken out; under Settings they can be put back until ${moment(goes)}.`);
    });
  return (
    <>
      <AskTwice label="Take out of the dataset" what="all that fit" act={() => void remove()} />
      <span role="status">{said}</span>
      <span role="alert" className="failure">
        {failure}
      </span>
    </>
  );
}

export function RemovedImages({ dataset: { name: dataset }, changed }: { dataset: DatasetInfo; changed(): void }) {
  const [after, setAfter] = useState(0);
  const removed = useLoaded(getDatasetRemoved, { params: { dataset }, query: { after, limit: 50 } });
  const { failure, attempt } = useAttempt(() => {
    removed.again();
    changed();
  });
  const back = ({ id }: RemovedImage) =>
    void attempt(() => ask(postDatasetRemovedBack, { params: { dataset }, body: { images: [id] } }));
  return (
    <Panel title="Images taken out">
      <Await loaded={removed} what="images that were taken out">
        {({ items, next }) =>
          items.length === 0 && after === 0 ? (
            <p className="empty">
              None. To take images out, choose them by a filter on the tab Images; nobody may be at work on them.
            </p>
          ) : (
            <>
              <Table
                caption="Images that were taken out"
                columns={[{ name: 'Name' }, { name: 'Taken out' }, { name: 'Goes for good' }, { name: 'Back' }]}
                rows={items.map((image) => [
                  image.name,
                  moment(image.at),
                  image.gone ? 'gone' : moment(image.goes),
                  <button
                    key={image.id}
                    type="button"
                    aria-label={`${image.gone ? 'Let it be imported again' : 'Put back'}: ${image.name}`}
                    onClick={() => back(image)}
                  >
                    {image.gone ? 'Let it be imported again' : 'Put back'}
                  </button>,
                ])}
              />
              <span className="buttons">
                {after > 0 && (
                  <button type="button" onClick={() => setAfter(0)}>
                    First
                  </button>
                )}
                {next !== null && (
                  <button type="button" onClick={() => setAfter(Number(next))}>
                    Next
                  </button>
                )}
              </span>
            </>
          )
        }
      </Await>
      <p role="alert" className="failure">
        {failure}
      </p>
    </Panel>
  );
}
