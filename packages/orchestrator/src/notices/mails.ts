/** E-mails to people: noted here, carried by the same workflows as notices of webhooks, and written when they are sent. */
import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { hasMailbox } from '../accounts/accounts.ts';
import { countOwnWork } from '../campaigns/assignments/own.ts';
import type { MailKind, MailTable, Schema, UserRole } from '../db/schema.ts';
import { type Letter, LINK_HOURS, sentBackLetter, signInLetter } from './letters.ts';
import { isFinal, oneLine, type SendMail } from './smtp.ts';

/** What was sent back within so many minutes comes in one mail, and the next one comes no sooner than so many later. */
const GATHER_MINUTES = 10;
const DIGEST_MINUTES = 60;

export interface Mails {
  /** Mails a person a link to sign in. @param campaign the id of the one that they joined @returns whether it is on its way */
  invite(user: string, campaign?: string): Promise<boolean>;
  /** Somebody's work was sent back: they are told, once an hour at most. */
  sentBack(assignment: string): Promise<void>;
}

export interface MailsDeps {
  db: Kysely<Schema>;
  send: SendMail;
  /** The server's public URL, without a slash at its end. */
  url: string;
  signInLink(email: string, options: { hours: number }): Promise<string>;
  log(message: string): void;
}

/** Failures are logged: nothing that people do fails because of a mail. @param now sends what is due */
export function openMails({ db, log }: MailsDeps, now: () => void): Mails {
  const noted = (work: Promise<unknown>) =>
    work.then(
      () => true,
      ({ message }: Error) => {
        log(`no e-mail: ${message}`);
        return false;
      },
    );
  return {
    async invite(user, campaign) {
      const values = { id: randomUUID(), user_id: user, kind: 'sign_in', about: campaign ?? null } as const;
      const done = await noted(db.insertInto('mail').values(values).execute());
      now();
      return done;
    },
    async sentBack(assignment) {
      await noted(
        (async () => {
          const { user_id } = await db
            .selectFrom('assignment')
            .select('user_id')
            .where('id', '=', assignment)
            .executeTakeFirstOrThrow();
          await noteDigest(db, user_id);
        })(),
      );
    },
  };
}

/** A digest that waits is enough: it is written when it is sent. */
const noteDigest = (db: Kysely<Schema>, user: string): Promise<unknown> =>
  db
    .insertInto('mail')
    .values(({ selectFrom, val }) => ({
      ...{ id: randomUUID(), user_id: user, kind: 'sent_back' },
      due: sql<Date>`greatest(
        now() + make_interval(mins => ${val(GATHER_MINUTES)}),
        ${selectFrom('mail')
          .where('user_id', '=', user)
          .where('kind', '=', 'sent_back')
          .where('state', '=', 'delivered')
          .select(sql<Date>`max(ended) + make_interval(mins => ${val(DIGEST_MINUTES)})`.as('next'))}
      )`,
    }))
    .onConflict((conflict) =>
      conflict.column('user_id').where(sql<boolean>`kind = 'sent_back' and not sent`).doNothing(),
    )
    .execute();

/** Tries once. @param last whether it is given up if it fails @returns whether it is over; undefined if there is no such mail */
export async function sendOne(
  { db, send, url, signInLink, log }: MailsDeps,
  id: string,
  last: boolean,
): Promise<boolean | undefined> {
  // Marked first: what is sent back from now on makes a digest of its own, unless this one still finds it.
  const mail = await db
    .updateTable('mail')
    .set({ sent: true })
    .where('id', '=', id)
    .returning(['user_id', 'kind', 'about', 'state'])
    .executeTakeFirst();
  if (mail?.state !== 'waiting') return mail && true;
  const end = async (state: MailTable['state']['__select__']) => {
    await db.updateTable('mail').set({ state, ended: new Date() }).where('id', '=', id).execute();
    return true;
  };
  const user = await db
    .selectFrom('user')
    .select(['id', 'email', 'role', 'disabled', 'mail'])
    .where('id', '=', mail.user_id)
    .executeTakeFirst();
  const wanted = user && !user.disabled && (user.mail || mail.kind === 'sign_in') && hasMailbox(user.email);
  if (!wanted) return end('dropped');
  if (mail.kind === 'sent_back' && (await toldLately(db, user.id))) {
    await noteDigest(db, user.id);
    return end('dropped');
  }
  try {
    const letter = await letterOf(mail, user);
    if (letter === undefined) return end('dropped');
    await send({ id, to: user.email, ...letter });
    return end('delivered');
  } catch (error) {
    const over = last || isFinal(error);
    // A log is no place for addresses, which mail servers repeat in their answers.
    const why = oneLine((error as Error).message).replace(/[^\s<>]+@[^\s<>]+/g, 'ADDRESS');
    log(`an e-mail to account ${user.id} (${mail.kind}) failed: ${why}${over ? '; given up' : ''}`);
    return over && end('failed');
  }

  async function letterOf(
    { kind, about }: { kind: MailKind; about: string | null },
    { id: owner, email, role }: { id: string; email: string; role: UserRole },
  ): Promise<Letter | undefined> {
    if (kind === 'sign_in') {
      const campaign =
        about === null
          ? undefined
          : await db.selectFrom('campaign').select('name').where('id', '=', about).executeTakeFirst();
      return signInLetter({ link: await signInLink(email, { hours: LINK_HOURS }), campaign: campaign?.name });
    }
    const waiting = (await countOwnWork(db, { id: owner, role })).flatMap(({ name, states }) =>
      states.sent_back ? [{ name, images: states.sent_back }] : [],
    );
    return waiting.length === 0 ? undefined : sentBackLetter(url, waiting);
  }
}

/** Tries that failed may have held a digest up, so that it would come on the heels of another one. */
const toldLately = async (db: Kysely<Schema>, user: string): Promise<boolean> =>
  (await db
    .selectFrom('mail')
    .select('id')
    .where('user_id', '=', user)
    .where('kind', '=', 'sent_back')
    .where('state', '=', 'delivered')
    .where('ended', '>', new Date(Date.now() - DIGEST_MINUTES * 60_000))
    .limit(1)
    .executeTakeFirst()) !== undefined;
