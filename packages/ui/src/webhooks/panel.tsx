/** The webhooks of a campaign, a dataset or a schedule: added, tried, removed; what was sent to each. */
import {
  deleteTopicWebhook,
  getTopicWebhooks,
  type NoticeEvent,
  noticeEvents,
  postTopicWebhooks,
  postTopicWebhookTest,
  type Webhook,
} from '@saltworks/contract/api/webhooks';
import { useState } from 'react';
import { ask } from '../api.ts';
import { AskTwice } from '../ask-twice.tsx';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { Table } from '../plots/table.tsx';
import { Secret } from '../secret.tsx';
import { Await, Panel } from '../states.tsx';
import { Deliveries } from './deliveries.tsx';
import { eventNames } from './names.ts';

/** @param topic `campaign:ID`, `dataset:NAME` or `schedule:ID` */
export const WebhooksPanel = ({ topic }: { topic: string }) => (
  <Panel title="Webhooks">
    <Webhooks topic={topic} />
  </Panel>
);

/** The panel without its frame. */
export function Webhooks({ topic }: { topic: string }) {
  const webhooks = useLoaded(getTopicWebhooks, { params: { topic } });
  const [secret, setSecret] = useState<string>();
  const [opened, setOpened] = useState<string>();
  const { failure, attempt } = useAttempt(webhooks.again);
  const at = ({ id }: Webhook) => ({ params: { topic, webhook: id } });
  const buttons = (webhook: Webhook) => (
    <div className="add" key={webhook.id}>
      <button
        type="button"
        className="quiet"
        aria-label={`Try ${webhook.url}`}
        onClick={() =>
          void attempt(async () => {
            await ask(postTopicWebhookTest, at(webhook));
            setOpened(webhook.id);
          })
        }
      >
        Try
      </button>
      <button
        type="button"
        className="quiet"
        aria-expanded={opened === webhook.id}
        aria-label={`What was sent to ${webhook.url}`}
        onClick={() => setOpened(opened === webhook.id ? undefined : webhook.id)}
      >
        Sent
      </button>
      <AskTwice
        label="Remove"
        what={webhook.url}
        act={() => void attempt(() => ask(deleteTopicWebhook, at(webhook)))}
      />
    </div>
  );
  return (
    <>
      <p className="hint">
        Addresses that are told when a build is ready, held, shown, rolled back or failed, or what a schedule started
        has failed. What is sent is signed, and tried again for a day.
      </p>
      <Await loaded={webhooks} what="webhooks">
        {(list) =>
          list.length === 0 ? (
            <p>None yet.</p>
          ) : (
            <Table
              caption="Webhooks"
              columns={[{ name: 'Address' }, { name: 'Told of' }, { name: 'Added by' }, { name: 'Actions' }]}
              rows={list.map((webhook) => [
                webhook.url,
                webhook.events.map((event) => eventNames[event]).join(', ') || 'everything',
                webhook.by ?? '–',
                buttons(webhook),
              ])}
            />
          )
        }
      </Await>
      {opened !== undefined && <Deliveries key={opened} topic={topic} webhook={opened} />}
      <NewWebhook
        add={(url, events, added) =>
          void attempt(async () => {
            setSecret(undefined);
            const made = await ask(postTopicWebhooks, { params: { topic }, body: { url, events } });
            setSecret(made.secret);
            added();
          })
        }
      />
      <p role="alert" className="failure">
        {failure}
      </p>
      <div role="status">
        {secret && (
          <Secret name="The webhook's secret" value={secret}>
            What is sent is signed with this secret. Give it to the receiver: it is not shown again.
          </Secret>
        )}
      </div>
    </>
  );
}

/** @param props.add calls `added` unless the server refuses */
function NewWebhook({ add }: { add(url: string, events: NoticeEvent[], added: () => void): void }) {
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<NoticeEvent[]>([]);
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    add(url.trim(), events, () => {
      setUrl('');
      setEvents([]);
    });
  };
  return (
    <form onSubmit={submit}>
      <div className="add">
        <label>
          New webhook, at
          <input
            required
            type="url"
            maxLength={2000}
            placeholder="https://…"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        </label>
        <button type="submit">Add</button>
      </div>
      <fieldset className="choices">
        <legend>Told of (none chosen: everything)</legend>
        {noticeEvents.map((event) => (
          <label key={event} className="check">
            <input
              type="checkbox"
              checked={events.includes(event)}
              onChange={({ target }) =>
                setEvents(target.checked ? [...events, event] : events.filter((each) => each !== event))
              }
            />
            {eventNames[event]}
          </label>
        ))}
      </fieldset>
    </form>
  );
}
