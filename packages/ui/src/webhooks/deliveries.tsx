/** What was sent to a webhook, the newest first, and how the last try went. */
import { type Delivery, getTopicWebhookDeliveries, postTopicWebhookRedeliver } from '@saltworks/contract/api/webhooks';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { moment } from '../plots/figures.ts';
import { Table } from '../plots/table.tsx';
import { Await } from '../states.tsx';
import { eventNames } from './names.ts';

/** Milliseconds between two looks. */
const lookMs = 2_000;

export function Deliveries({ topic, webhook }: { topic: string; webhook: string }) {
  const params = { topic, webhook };
  const loaded = useLoaded(getTopicWebhookDeliveries, { params, query: { limit: 20 } }, lookMs);
  const { failure, attempt } = useAttempt(loaded.again);
  return (
    <>
      <Await loaded={loaded} what="what was sent">
        {({ items }) =>
          items.length === 0 ? (
            <p>Nothing was sent yet.</p>
          ) : (
            <Table
              caption="Sent"
              columns={[{ name: 'What' }, { name: 'When' }, { name: 'State' }, { name: 'Last try' }, { name: 'Again' }]}
              rows={items.map((item) => [
                eventNames[item.event],
                moment(item.created),
                `${item.state}${item.attempts.length > 1 ? `, ${item.attempts.length} tries` : ''}`,
                lastTry(item),
                <button
                  key={item.id}
                  type="button"
                  className="quiet"
                  onClick={() =>
                    void attempt(() => ask(postTopicWebhookRedeliver, { params: { ...params, delivery: item.id } }))
                  }
                >
                  Send again
                </button>,
              ])}
            />
          )
        }
      </Await>
      <p role="alert" className="failure">
        {failure}
      </p>
    </>
  );
}

function lastTry({ attempts }: Delivery): string {
  const last = attempts.at(-1);
  return last ? (last.reason ?? `answered ${last.status}`) : '–';
}
