/** The page that an invitation leads to: a form for a new account, or a button for who is signed in. */
import { newUser, password } from '@saltworks/contract/api/accounts';
import type { InvitationState } from '@saltworks/contract/api/invitations';
import * as z from '@saltworks/contract/zod';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Kysely } from 'kysely';
import { countAttempt } from '../accounts/attempts.ts';
import { findInvitation, followInvitation, InvitationOverError, type Invited } from '../accounts/invitations.ts';
import type { Schema } from '../db/schema.ts';
import { ConflictError } from '../errors.ts';
import { type Auth, joinPath, type User } from './auth.ts';
import { headersOf, withCaller } from './caller.ts';
import { escapeHtml, sendPlainPage, stylesOf } from './plain-page.ts';
import { tokenOf } from './sign-in-link.ts';

interface Options {
  auth: Auth;
  db: Kysely<Schema>;
  /** Folder of the pages, whose styles this page uses. */
  page?: string;
}

/** As of sign-in links: tokens cannot be guessed, and a room full of people sits behind one address. */
const limit = { window: 60_000, max: 100 };

const form = z.object({ name: newUser.shape.name, email: newUser.shape.email, password });
const empty = { name: '', email: '' };

const title = 'Join';

/** Takes forms; the caller of this function checks the origin of a POST. */
export async function serveJoin(app: FastifyInstance, { auth, db, page }: Options): Promise<void> {
  const styles = await stylesOf(page);
  const send = (reply: FastifyReply, code: number, body: string) => sendPlainPage(reply, { code, title, styles, body });
  const signedIn = async (request: FastifyRequest) => {
    const found = await auth.userOf(headersOf(request));
    return found?.by === 'cookie' ? found.user : undefined;
  };
  const over = (reply: FastifyReply, state: InvitationState | undefined) =>
    send(reply, state === undefined ? 404 : 410, overText(state));
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    const invited = await findInvitation(db, tokenOf(request));
    if (invited?.state !== 'open') return over(reply, invited?.state);
    return send(reply, 200, asking(invited, await signedIn(request)));
  };
  app.route({ method: ['GET', 'HEAD'], url: joinPath, schema: { hide: true }, handler: show });
  app.post(joinPath, { schema: { hide: true } }, async (request, reply) => {
    const wait = await countAttempt(db, `${request.ip}${joinPath}`, limit);
    if (wait > 0) {
      reply.header('retry-after', wait);
      return send(reply, 429, alert('Too many have tried to join from here. Wait a minute, then try again.'));
    }
    const token = tokenOf(request);
    const invited = await findInvitation(db, token);
    if (!invited) return over(reply, undefined);
    const user = await signedIn(request);
    const to = (campaign: string) => reply.header('cache-control', 'no-store').redirect(`/campaigns/${campaign}`, 303);
    try {
      if (user) return to(await followInvitation(db, token, user));
      const given = Object.fromEntries(new URLSearchParams(String(request.body ?? '')));
      const { data, error } = z.safeParse(form, { ...given, name: given.name?.trim(), email: given.email?.trim() });
      const again = (code: number, problem: string) =>
        send(reply, code, asking(invited, undefined, { ...empty, ...given }, problem));
      if (invited.state !== 'open') return over(reply, invited.state);
      if (!data) return again(400, `${fields[String(error.issues[0].path[0])]}: ${error.issues[0].message}.`);
      const { name, email } = data;
      const hash = await auth.hashOfPassword(data.password);
      const campaign = await followInvitation(db, token, { name, email, hash }).catch((error) => {
        if (error instanceof ConflictError && !(error instanceof InvitationOverError)) return undefined;
        throw error;
      });
      if (campaign === undefined)
        return again(409, `${email} has an account here: sign in, then open this link again.`);
      const session = await auth.openSession(
        { email: email.toLowerCase(), password: data.password },
        withCaller(request),
      );
      for (const cookie of session.headers.getSetCookie()) reply.header('set-cookie', cookie);
      return to(campaign);
    } catch (error) {
      if (!(error instanceof InvitationOverError)) throw error;
      return over(reply, (await findInvitation(db, token))?.state);
    }
  });
}

const fields: Record<string, string> = { name: 'Name', email: 'E-mail', password: 'Password' };

const alert = (text: string) => `<p role="alert" class="note-line">${escapeHtml(text)}</p>`;

function overText(state: InvitationState | undefined): string {
  const what = {
    spent: 'This invitation was used by as many people as it was made for',
    ended: 'This invitation has ended',
    revoked: 'This invitation was revoked',
    open: 'This invitation is busy: try again',
    unknown: 'There is no such invitation: its link may have been cut short',
  }[state ?? 'unknown'];
  return `${alert(`${what}. Ask whoever gave it to you for a new one.`)}
<p><a href="/sign-in">Sign in</a> if you have an account here.</p>`;
}

/** @param given what was typed before; `problem` says what is wrong with it */
function asking({ name, role }: Invited, user: User | undefined, given = empty, problem?: string): string {
  const campaign = `<strong>${escapeHtml(name)}</strong>`;
  const as = role === 'annotator' ? 'to annotate in' : 'to review in';
  if (user)
    return `<p>You are invited ${as} ${campaign}. You are signed in as <strong>${escapeHtml(user.email)}</strong>.</p>
<form method="post">
<button type="submit" class="main">Join</button>
</form>`;
  return `<p>You are invited ${as} ${campaign}. Choose what you are called here and a password of at least 12 characters.</p>
${problem === undefined ? '' : alert(problem)}
<form method="post" class="stack">
<label>Name
<input name="name" required maxlength="100" autocomplete="name" value="${escapeHtml(given.name)}">
</label>
<label>E-mail
<input name="email" type="email" required maxlength="254" autocomplete="username" value="${escapeHtml(given.email)}">
</label>
<label>Password
<input name="password" type="password" required minlength="12" maxlength="128" autocomplete="new-password">
</label>
<button type="submit" class="main">Join</button>
</form>
<p class="hint">You have an account here? <a href="/sign-in">Sign in</a>, then open this link again.</p>`;
}
