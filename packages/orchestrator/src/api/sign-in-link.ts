/**
 * The page that a sign-in link leads to. Chats and mail programs fetch links to preview them, so a GET shows a button and
 * only its POST spends the link.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from '@saltworks/contract/zod';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Auth, linkPath } from './auth.ts';
import { withCaller } from './caller.ts';

interface Options {
  auth: Auth;
  /** Folder of the pages, whose styles this page uses. */
  page?: string;
}

/** Takes empty forms; the caller of this function checks the origin of a POST. */
export async function serveSignInLink(app: FastifyInstance, { auth, page }: Options): Promise<void> {
  const document = page === undefined ? '' : await readFile(join(page, 'index.html'), 'utf8');
  const styles = document.match(/<link rel="(stylesheet|icon)"[^>]*>/g)?.join('\n') ?? '';
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    const email = await auth.emailOfLink(tokenOf(request));
    return (
      reply
        .code(email === undefined ? 410 : 200)
        .type('text/html; charset=utf-8')
        .header('cache-control', 'no-store')
        // The address holds a token, so browsers send other sites nothing and ours the origin, which a form's POST needs.
        .header('referrer-policy', 'strict-origin')
        .send(html(styles, email))
    );
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

function tokenOf({ query }: FastifyRequest): string {
  return z.safeParse(linkQuery, query).data?.token ?? '';
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character]);

/** @param email the account's that the link signs in; undefined for a link that no longer works */
const html = (styles: string, email: string | undefined) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Sign in · Saltworks</title>
${styles}
</head>
<body>
<main class="page narrow sign-in">
<p class="brand">Saltworks</p>
<h1>Sign in</h1>
${
  email === undefined
    ? `<p role="alert" class="note-line">This link was used before, ran out or was cut short. Each link signs in once, within ten minutes:
ask for a new one.</p>
<p><a href="/sign-in">Sign in with a password</a></p>`
    : `<p>This link signs you in as <strong>${escapeHtml(email)}</strong>, once.</p>
<form method="post">
<button type="submit" class="main">Sign in</button>
</form>`
}
</main>
</body>
</html>
`;
