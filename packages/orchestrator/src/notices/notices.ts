/** Notices and e-mails on their way: the server starts a workflow for each, which sends it by the activity here. */
import { deliver, type NoticeActivities } from '@saltworks/contract/messages/notices';
import { deliveries } from '@saltworks/telemetry/metrics';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import { type Kysely, sql } from 'kysely';
import { repeat } from '../concurrency/repeat.ts';
import type { Schema } from '../db/schema.ts';
import { startWorkflow } from '../temporal/workflows.ts';
import { type AllowedHost, expectAllowed } from './allowed-hosts.ts';
import { type Mails, type MailsDeps, openMails, sendOne } from './mails.ts';
import { post, type Resolve } from './send.ts';
import { openSealer, type Sealer, signed } from './signing.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** Between tries: about a day in all. */
const WAITS = [5 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR];
/** Of an e-mail: about two hours in all. */
const MAIL_WAITS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 90 * MINUTE];
const lookMs = 2_000;
/** Deliveries that are over are listed for so long. */
const KEPT_DAYS = 30;

export interface Notices extends Pick<Sealer, 'seal'> {
  /** @throws InvalidInputError unless webhooks may be sent to this address */
  check(address: string): void;
  /** Sends what waits now, not in a moment. */
  now(): void;
  /** E-mails to people; undefined where the server sends none. */
  mails?: Mails;
  activities: NoticeActivities;
  stop(): void;
}

export interface NoticesDeps {
  db: Kysely<Schema>;
  client: Client;
  /** The server's. */
  secret: string;
  hosts: readonly AllowedHost[];
  log(message: string): void;
  /** How e-mail is sent; without it none is. */
  mail?: Pick<MailsDeps, 'send' | 'url' | 'signInLink'>;
  /** Other than usual in tests. */
  waits?: number[];
  mailWaits?: number[];
  resolveName?: Resolve;
}

export function openNotices({ waits = WAITS, mailWaits = MAIL_WAITS, ...deps }: NoticesDeps): Notices {
  const { db, client, hosts, log, mail, resolveName } = deps;
  const sealer = openSealer(deps.secret);
  const look = repeat(
    lookMs,
    async () => {
      await startDeliveries(db, client, waits);
      if (mail) await startMails(db, client, mailWaits);
    },
    log,
  );
  const mailing = mail && { db, log, ...mail };
  return {
    seal: sealer.seal,
    check: (address) => void expectAllowed(hosts, address),
    now: look.now,
    stop: look.stop,
    mails: mailing && openMails(mailing, look.now),
    activities: {
      async sendNotice({ delivery, round, last }) {
        const mailed = mailing && (await sendOne(mailing, delivery, last));
        if (mailed !== undefined) return mailed;
        const found = await db
          .selectFrom('delivery')
          .innerJoin('webhook', 'webhook.id', 'delivery.webhook')
          .select(['webhook.id as webhook', 'webhook.url', 'webhook.secret', 'delivery.message', 'delivery.body'])
          .where('delivery.id', '=', delivery)
          .where('delivery.round', '=', round)
          .where('delivery.state', '=', 'waiting')
          .executeTakeFirst();
        // Removed, or sent by another round.
        if (!found) return true;
        const at = Date.now();
        const { status, reason } = await send({ ...found, at });
        const over = reason === null || last || status === GONE;
        deliveries.inc({ outcome: reason === null ? 'delivered' : over ? 'given_up' : 'retried' });
        const took = Math.round(Date.now() - at);
        const entry = { delivery, at: new Date(at), ms: took, status, reason };
        await db.transaction().execute(async (tx) => {
          const state = reason === null ? 'delivered' : over ? 'failed' : 'waiting';
          const { numUpdatedRows } = await tx
            .updateTable('delivery')
            .set({ state })
            .where('id', '=', delivery)
            .where('round', '=', round)
            .executeTakeFirst();
          if (numUpdatedRows === 0n) return;
          await tx
            .insertInto('delivery_attempt')
            .values((eb) => ({
              ...entry,
              n: eb
                .selectFrom('delivery_attempt')
                .select(sql<number>`coalesce(max(n), 0) + 1`.as('n'))
                .where('delivery', '=', delivery),
            }))
            .execute();
        });
        return over;
      },
    },
  };

  async function send({
    webhook,
    url,
    secret: sealed,
    message,
    body,
    at,
  }: {
    webhook: string;
    url: string;
    secret: string;
    message: string;
    body: string;
    at: number;
  }): Promise<{ status: number | null; reason: string | null }> {
    try {
      const to = expectAllowed(hosts, url);
      const key = unsealed(sealer, webhook, sealed);
      const headers = { 'user-agent': 'Saltworks', ...signed(key, { message, body, at }) };
      const status = await post(to, { headers, body }, { resolveName });
      return { status, reason: reasonOf(status) };
    } catch (error) {
      return { status: null, reason: (error as Error).message };
    }
  }
}

/** The receiver wants no more of it. */
const GONE = 410;

/** Why an answer counts as a failure; null where it does not. */
function reasonOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `answered ${status}; redirects are not followed`;
  return `answered ${status}; expected 200 to 299`;
}

function unsealed(sealer: Sealer, webhook: string, sealed: string): string {
  try {
    return sealer.open(webhook, sealed);
  } catch {
    throw new Error("the server's own secret was changed since the webhook was added; expected it to be added anew");
  }
}

/** Starts a workflow for every delivery that has none. One that is started twice, after a kill, is started once. */
async function startDeliveries(db: Kysely<Schema>, client: Client, waits: number[]): Promise<void> {
  const waiting = await db
    .selectFrom('delivery')
    .select(['id', 'round'])
    .where('sent', '=', false)
    .orderBy('created')
    .limit(100)
    .execute();
  for (const { id, round } of waiting) {
    await carry(client, { delivery: id, round, waits });
    await db.updateTable('delivery').set({ sent: true }).where('id', '=', id).where('round', '=', round).execute();
  }
}

/** The same for every e-mail that is due. */
async function startMails(db: Kysely<Schema>, client: Client, waits: number[]): Promise<void> {
  const due = await db
    .selectFrom('mail')
    .select('id')
    .where('sent', '=', false)
    .where('due', '<=', sql<Date>`now()`)
    .orderBy('due')
    .limit(100)
    .execute();
  for (const { id } of due) {
    await carry(client, { delivery: id, round: 1, waits });
    await db.updateTable('mail').set({ sent: true }).where('id', '=', id).execute();
  }
}

const carry = (client: Client, input: { delivery: string; round: number; waits: number[] }): Promise<unknown> =>
  startWorkflow(client, deliver, input, {
    workflowId: `deliver/${input.delivery}/${input.round}`,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
  }).catch((error) => {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  });

/** Forgets deliveries and e-mails that were over long ago, and e-mails that waited for a server that sends them until they said nothing new. */
export async function forgetDeliveries(db: Kysely<Schema>, now = new Date()): Promise<void> {
  const ago = (days: number) => new Date(now.getTime() - days * 24 * HOUR);
  await db.deleteFrom('delivery').where('state', '!=', 'waiting').where('created', '<', ago(KEPT_DAYS)).execute();
  await db
    .deleteFrom('mail')
    .where((eb) =>
      eb.or([eb('created', '<', ago(KEPT_DAYS)), eb.and([eb('sent', '=', false), eb('due', '<', ago(1))])]),
    )
    .execute();
}
