/** The sets of keys of a dataset: what they were made with, who draws on them. */
import { deleteDatasetKeyset, getDatasetKeysets, type KeySetInfo } from '@saltworks/contract/api/keys';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { count, size } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await } from '../states.tsx';

/** @param removes whether the caller may remove a set */
export function KeySets({ dataset, removes }: { dataset: string; removes: boolean }) {
  const sets = useLoaded(getDatasetKeysets, { params: { dataset } }, 15_000);
  const { failure, attempt } = useAttempt(sets.again);
  const remove = async (keys: string) => {
    for (let from: number | null = 0; from !== null; ) {
      const done: { next: number | null } = await ask(deleteDatasetKeyset, {
        params: { dataset, keys },
        query: { from },
      });
      from = done.next;
    }
  };
  return (
    <Await loaded={sets} what="keys">
      {(list) =>
        list.length === 0 ? (
          <p className="empty">No image has keys yet: a run makes them, or a campaign.</p>
        ) : (
          <>
            <p role="alert" className="failure">
              {failure}
            </p>
            <Table
              caption="Sets of keys"
              columns={[
                { name: 'Keys' },
                { name: 'Layer', number: true },
                { name: 'Facet' },
                { name: 'Side', number: true },
                { name: 'Kept as' },
                { name: 'Images', number: true },
                { name: 'Failed', number: true },
                { name: 'About', number: true },
                { name: 'Campaigns' },
                ...(removes ? [{ name: 'Remove' }] : []),
              ]}
              rows={list.map((set) => [
                <code key="id">{set.id}</code>,
                set.made?.layer ?? '–',
                set.made?.facet ?? '–',
                sideOf(set),
                set.made?.codec ?? '–',
                count(set.images),
                count(set.failed),
                set.bytes === null ? '–' : size(set.bytes),
                <Campaigns key="campaigns" of={set} />,
                ...(removes
                  ? [
                      <AskTwice
                        key="remove"
                        label="Remove"
                        what={`the keys ${set.id}`}
                        act={() => void attempt(() => remove(set.id))}
                      />,
                    ]
                  : []),
              ])}
            />
          </>
        )
      }
    </Await>
  );
}

const sideOf = ({ made }: KeySetInfo) => (made === null ? '–' : made.longSide === null ? 'own' : `${made.longSide} px`);

const Campaigns = ({ of: { campaigns } }: { of: KeySetInfo }) =>
  campaigns.length === 0
    ? '–'
    : campaigns.map(({ id, name }, i) => (
        <span key={id}>
          {i > 0 && ', '}
          <a href={`/campaigns/${id}`}>{name}</a>
        </span>
      ));
