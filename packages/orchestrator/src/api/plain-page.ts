/** Pages that the server writes itself, without a script: they act on links that hold secrets. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply } from 'fastify';

/** The built pages' styles. @param page their folder */
export async function stylesOf(page: string | undefined): Promise<string> {
  const document = page === undefined ? '' : await readFile(join(page, 'index.html'), 'utf8');
  return document.match(/<link rel="(stylesheet|icon)"[^>]*>/g)?.join('\n') ?? '';
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character]);

interface PlainPage {
  code: number;
  title: string;
  styles: string;
  /** HTML. */
  body: string;
}

export const sendPlainPage = (reply: FastifyReply, { code, title, styles, body }: PlainPage) =>
  reply
    .code(code)
    .type('text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    // The address holds a token, so browsers send other sites nothing and ours the origin, which a form's POST needs.
    .header('referrer-policy', 'strict-origin')
    .send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · Saltworks</title>
${styles}
</head>
<body>
<main class="page narrow sign-in">
<p class="brand">Saltworks</p>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`);
