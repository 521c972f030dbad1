/** What happened, written for the webhooks that want to know, in the transaction in which it happens; sent from there. */
import { createHash, randomUUID } from 'node:crypto';
import type { NoticeBody, NoticeEvent } from '@saltworks/contract/api/webhooks';
import type { Subject } from '@saltworks/contract/documents/builds';
import type { Kysely } from 'kysely';
import { eventsOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { topicText } from './topics.ts';

export interface Notice extends Omit<NoticeBody['data'], 'subject' | 'by'> {
  event: NoticeEvent;
  /** Null where a schedule works for none. */
  subject: Subject | null;
  /** Id of the account; null where a schedule or the program did it. */
  by?: string | null;
  /** The schedule that started it, whose own webhooks are told, too. */
  schedule?: string;
  /**
   * Tells this from the same event of the same build at another time: the number of a promotion, the id of a run. Told twice
   * under one name, it is sent once.
   */
  once: string;
}

/** Tells every webhook of the subject, and of the schedule. @param tx the transaction of what is told */
export async function notify(tx: Kysely<Schema>, { event, once, by, ...told }: Notice): Promise<void> {
  const { subject, schedule, build = null } = told;
  const topics = [
    ...(subject === null ? [] : [topicText(subject)]),
    ...(schedule === undefined ? [] : [topicText({ kind: 'schedule', name: schedule })]),
  ];
  if (topics.length === 0) return;
  const found = await tx.selectFrom('webhook').select(['id', 'events']).where('topic', 'in', topics).execute();
  const wanted = found.filter(({ events }) => wants(eventsOf(events), event));
  if (wanted.length === 0) return;
  const account = by ? await tx.selectFrom('user').select('name').where('id', '=', by).executeTakeFirst() : undefined;
  const body: NoticeBody = {
    version: 1,
    type: event,
    timestamp: new Date().toISOString(),
    data: { ...told, by: account?.name ?? null },
  };
  const message = messageOf([event, ...topics, build, once]);
  await tx
    .insertInto('delivery')
    .values(wanted.map(({ id }) => ({ id: randomUUID(), webhook: id, message, event, body: JSON.stringify(body) })))
    .onConflict((conflict) => conflict.columns(['webhook', 'message']).doNothing())
    .execute();
}

const wants = (events: readonly NoticeEvent[], event: NoticeEvent) => events.length === 0 || events.includes(event);

/** `webhook-id` of a notice: no dots, since signatures are of texts that dots take apart. */
const messageOf = (told: readonly (string | null)[]): string =>
  `msg_${createHash('sha256').update(JSON.stringify(told)).digest('base64url').slice(0, 27)}`;
