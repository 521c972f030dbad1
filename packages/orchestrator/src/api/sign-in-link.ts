/**
 * The page that a sign-in link leads to. Chats and mail programs fetch links to preview them, so a GET shows a button and
 * only its POST spends the link.
 */
import * as z from '@saltworks/contract/zod';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Auth, linkPath } from './auth.ts';
import { withCaller } from './caller.ts';
import { escapeHtml, sendPlainPage, stylesOf } from './plain-page.ts';

interface Options {
  auth: Auth;
  /** Folder of the pages, whose styles this page uses. */
  page?: string;
}

/** Takes empty forms; the caller of this function checks the origin of a POST. */
export async function serveSignInLink(app: FastifyInstance, { auth, page }: Options): Promise<void> {
  const styles = await stylesOf(page);
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    const email = await auth.emailOfLink(tokenOf(request));
    return sendPlainPage(reply, { code: email === undefined ? 410 : 200, title: 'Sign in', styles, body: html(email) });
  };
  app.route({ method: ['GET', 'HEAD'], url: linkPath, schema: { hide: true }, handler: show });
  app.post(linkPath, { schema: { hide: true } }, async (request, reply) => {
    const answer = await auth.spendLink(tokenOf(request), withCaller(request));
    for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie);
    const location = answer.headers.get('location') ?? `/sign-in?error=${answer.status}`;
    return reply.header('cache-control', 'no-store').redirect(location, 303);
  });
}

const linkQuery = z.object({ token: z.string() });

/** The token in a link; empty without one. */
export function tokenOf({ query }: FastifyRequest): string {
  return z.safeParse(linkQuery, query).data?.token ?? '';
}

/** @param email the account's that the link signs in; undefined for a link that no longer works */
const html = (email: string | undefined) =>
  email === undefined
    ? `<p role="alert" class="note-line">This link was used before, ran out or was cut short. Each link signs in once, and not for long:
ask for a new one.</p>
<p><a href="/sign-in">Sign in with a password</a></p>`
    : `<p>This link signs you in as <strong>${escapeHtml(email)}</strong>, once.</p>
<form method="post">
<button type="submit" class="main">Sign in</button>
</form>`;
