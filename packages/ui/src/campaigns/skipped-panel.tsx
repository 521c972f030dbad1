/** Skipped images: which, by whom, why and when. */
import { getCampaignAssignments } from '@saltworks/contract/api/assignments';
import { addressOf } from '@saltworks/contract/api/endpoint';
import { getAssignmentThumbnail } from '@saltworks/contract/api/open-assignments';
import { postTaskOffer } from '@saltworks/contract/api/tasks';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { count, moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await, Panel } from '../states.tsx';

const most = 100;

export function SkippedPanel({ campaign }: { campaign: string }) {
  const place = { params: { campaign }, query: { state: 'skipped', limit: most } } as const;
  const skipped = useLoaded(getCampaignAssignments, place, 15_000);
  const { failure, attempt } = useAttempt(skipped.again);
  const offer = (task: string) => attempt(() => ask(postTaskOffer, { params: { task } }));
  return (
    <Panel title="Skipped">
      <p role="alert" className="failure">
        {failure}
      </p>
      <Await loaded={skipped} what="what was skipped">
        {(list) =>
          list.length === 0 ? (
            <p>Nobody left an image.</p>
          ) : (
            <>
              <Table
                caption="Images that annotators skipped"
                columns={[
                  { name: 'Image' },
                  { name: 'Annotator' },
                  { name: 'Reason' },
                  { name: 'When' },
                  { name: 'Again' },
                ]}
                rows={list.map(({ id, task, image, author, reason, updated }) => [
                  <span key="image" className="with-thumbnail">
                    <img
                      src={addressOf(getAssignmentThumbnail, { params: { assignment: id } })}
                      alt=""
                      loading="lazy"
                    />
                    {image.name}
                  </span>,
                  author,
                  reason,
                  <time key="when" dateTime={updated}>
                    {moment(updated)}
                  </time>,
                  <button
                    key="again"
                    type="button"
                    onClick={() => void offer(task)}
                    aria-label={`Offer ${image.name} again`}
                  >
                    Offer again
                  </button>,
                ])}
              />
              <p className="hint">
                {list.length === most && `The ${count(most)} that were begun last. `}
                Others may get a skipped image all the same; offered again, it also comes back to those who left it.
              </p>
            </>
          )
        }
      </Await>
    </Panel>
  );
}
