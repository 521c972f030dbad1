/** Webhooks of a campaign, a dataset or a schedule, and what was sent to them. Each is found by its topic and its id together. */
import { randomUUID } from 'node:crypto';

import type { Page } from '@saltworks/contract/api/fields';
import type { Delivery, NoticeBody, NoticeEvent, Webhook } from '@saltworks/contract/api/webhooks';
import * as z from '@saltworks/contract/zod';
import { type Kysely, sql, type Transaction } from 'kysely';
import { audit } from '../accounts/audit.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { eventsOf } from '../db/json.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Notices } from './notices.ts';
import { newSecret } from './signing.ts';
import { topicOf } from './topics.ts';

/** So many webhooks a topic may have. */
const MOST = 20;

const joined = (db: Kysely<Schema>, topic: string) =>
  db
    .selectFrom('webhook')
    .leftJoin('user', 'user.id', 'webhook.created_by')
    .select(['webhook.id', 'webhook.url', 'webhook.events', 'webhook.created', 'user.name as by'])
    .where('topic', '=', topic);

const webhookOf = ({
  events,
  created,
  ...row
}: Awaited<ReturnType<ReturnType<typeof joined>['executeTakeFirstOrThrow']>>): Webhook => ({
  ...row,
  events: eventsOf(events),
  created: created.toISOString(),
});

/** The oldest first. */
export async function listWebhooks(db: Kysely<Schema>, topic: string): Promise<Webhook[]> {
  const rows = await joined(db, topic).orderBy('webhook.created').orderBy('webhook.id').execute();
  return rows.map(webhookOf);
}

/** @returns the webhook, and what signs what is sent to it: told this once */
export async function addWebhook(
  { db, notices }: { db: Kysely<Schema>; notices: Notices },
  topic: string,
  { url, events }: { url: string; events: readonly NoticeEvent[] },
  actor: string,
): Promise<{ webhook: Webhook; secret: string }> {
  notices.check(url);
  // People write ids on the command line, where a dash at the beginning would be an option.
  const id = randomUUID();
  const secret = newSecret();
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks/${topic}`}, 0))`.execute(tx);
    const { count } = await tx
      .selectFrom('webhook')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('topic', '=', topic)
      .executeTakeFirstOrThrow();
    if (Number(count) >= MOST) throw new ConflictError(`${MOST} webhooks are there already; expected fewer`);
    await tx
      .insertInto('webhook')
      .values({
        ...{ id, topic, url, created_by: actor },
        events: JSON.stringify([...new Set(events)]),
        secret: notices.seal(id, secret),
      })
      .execute();
    await audit(tx, { actor, action: 'webhook.add', object: topic, detail: { id, host: new URL(url).host, events } });
  });
  return { webhook: webhookOf(await joined(db, topic).where('webhook.id', '=', id).executeTakeFirstOrThrow()), secret };
}

/** What is on its way to it is dropped. @throws NotFoundError */
export async function removeWebhook(db: Kysely<Schema>, topic: string, id: string, actor: string): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('webhook')
      .where('topic', '=', topic)
      .where('id', '=', id)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new NotFoundError('no such webhook');
    await audit(tx, { actor, action: 'webhook.remove', object: topic, detail: { id } });
  });
}

/** @throws NotFoundError */
async function expectWebhook(db: Kysely<Schema> | Transaction<Schema>, topic: string, id: string): Promise<void> {
  const found = await db
    .selectFrom('webhook')
    .select('id')
    .where('topic', '=', topic)
    .where('id', '=', id)
    .executeTakeFirst();
  if (!found) throw new NotFoundError('no such webhook');
}

/** Sends a trial. @returns the id of its delivery */
export async function testWebhook(
  { db, notices }: { db: Kysely<Schema>; notices: Notices },
  topic: string,
  webhook: string,
  actor: string,
): Promise<{ delivery: string }> {
  const id = randomUUID();
  await db.transaction().execute(async (tx) => {
    await expectWebhook(tx, topic, webhook);
    const account = await tx.selectFrom('user').select('name').where('id', '=', actor).executeTakeFirst();
    const body: NoticeBody = {
      ...{ version: 1, type: 'test', timestamp: new Date().toISOString() },
      data: { ...told(topic), by: account?.name ?? null },
    };
    await tx
      .insertInto('delivery')
      .values({ id, webhook, message: `msg_${newId()}`, event: 'test', body: JSON.stringify(body) })
      .execute();
    await audit(tx, { actor, action: 'webhook.test', object: topic, detail: { id: webhook } });
  });
  notices.now();
  return { delivery: id };
}

/** What a trial says of its topic. */
function told(topic: string): Pick<NoticeBody['data'], 'subject' | 'schedule'> {
  const { kind, name } = topicOf(topic);
  return kind === 'schedule' ? { subject: null, schedule: name } : { subject: { kind, name } };
}

const place = z.tuple([z.string(), z.string()]);

/** The newest first. @throws NotFoundError if there is no such webhook */
export async function listDeliveries(
  db: Kysely<Schema>,
  topic: string,
  webhook: string,
  { after, limit }: { after?: string; limit: number },
): Promise<Page<Delivery>> {
  await expectWebhook(db, topic, webhook);
  let query = db.selectFrom('delivery').selectAll().where('webhook', '=', webhook);
  if (after !== undefined) {
    const [created, id] = decodeCursor(place, after);
    query = query.where(sql<boolean>`(created, id) < (${created}::timestamptz, ${id})`);
  }
  const rows = await query
    // Times as text, to the microsecond: a Date would cut them.
    .select(sql<string>`created::text`.as('at'))
    .orderBy('created', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const shown = rows.slice(0, limit);
  const attempts =
    shown.length === 0
      ? []
      : await db
          .selectFrom('delivery_attempt')
          .selectAll()
          .where(
            'delivery',
            'in',
            shown.map(({ id }) => id),
          )
          .orderBy('n')
          .execute();
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(({ id, message, event, state, created }) => ({
      ...{ id, message, event, state, created: created.toISOString() },
      attempts: attempts
        .filter(({ delivery }) => delivery === id)
        .map(({ at, ms, status, reason }) => ({ at: at.toISOString(), ms, status, reason })),
    })),
    next: last ? encodeCursor([last.at, last.id]) : null,
  };
}

/** Sends a delivery once more, now. @throws NotFoundError */
export async function redeliver(
  { db, notices }: { db: Kysely<Schema>; notices: Notices },
  topic: string,
  { webhook, delivery }: { webhook: string; delivery: string },
  actor: string,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await expectWebhook(tx, topic, webhook);
    const { numUpdatedRows } = await tx
      .updateTable('delivery')
      .set((eb) => ({ state: 'waiting', sent: false, round: eb('round', '+', 1) }))
      .where('id', '=', delivery)
      .where('webhook', '=', webhook)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw new NotFoundError('no such delivery');
    await audit(tx, { actor, action: 'webhook.redeliver', object: topic, detail: { id: webhook, delivery } });
  });
  notices.now();
}
