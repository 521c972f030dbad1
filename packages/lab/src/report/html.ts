/** HTML that is safe by construction: templates escape all that is put in, unless it is markup already. */
import { createHash } from 'node:crypto';

export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | readonly Part[];

/** A template whose values are escaped. Text may come from outside: names of files, of categories, of variants. */
export const html = (text: TemplateStringsArray, ...parts: readonly Part[]): Markup =>
  new Markup(text.reduce((whole, piece, i) => whole + markupOf(parts[i - 1]) + piece));

function markupOf(part: Part): string {
  if (part instanceof Markup) return part.text;
  return Array.isArray(part) ? part.map(markupOf).join('') : escaped(String(part));
}

/** For texts and for attributes in double quotes. Control characters and halves of characters, which HTML forbids, become �. */
export const escaped = (text: string): string =>
  text
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    .replaceAll(/\p{Cs}|(?![\n\t])\p{Cc}/gu, '\ufffd');

/** A name from outside, which may be written in either direction. */
export const name = (text: string): Markup => html`<bdi>${text}</bdi>`;

/**
 * A page that needs nothing beside itself: its policy allows pictures within it and its one style sheet, and no script.
 *
 * @param style the whole style sheet; the page has no style attributes
 */
export function page(title: string, style: string, body: Markup): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; img-src data:; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `${
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
</body>
</html>`.text
  }\n`;
}
