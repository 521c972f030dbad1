// What a run printed, searched for every secret that it was given, and for what looks like one.
import { createHash } from 'node:crypto';

/** Shorter texts are no secrets, and would be found by chance. */
const SHORTEST = 8;

export interface Leak {
  /** Of the secret. */
  name: string;
  /** Of what holds it. */
  where: string;
  /** The line, without the secret. */
  line: string;
}

/**
 * @param secrets by name; each is also looked for in base64, and encoded as in an address
 * @param texts logs, by name
 * @returns none where no text holds a secret
 */
export function leaksIn(secrets: Readonly<Record<string, string>>, texts: Readonly<Record<string, string>>): Leak[] {
  const leaks: Leak[] = [];
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret.length < SHORTEST)
      throw new Error(`${name} of ${secret.length} characters; expected ${SHORTEST} or more`);
    for (const spelling of spellings(secret)) {
      for (const [where, text] of Object.entries(texts)) {
        const line = text.split('\n').find((each) => each.includes(spelling));
        const shown = `<${createHash('sha256').update(secret).digest('hex').slice(0, 8)}>`;
        if (line !== undefined) leaks.push({ name, where, line: line.replaceAll(spelling, shown) });
      }
    }
  }
  return leaks;
}

const spellings = (secret: string): Set<string> =>
  new Set([
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
  ]);

/** Secrets by their form: API keys, operators' tokens, sessions, tokens of links, passwords in addresses, private keys. */
const forms = [
  /\bsw_[\w-]{43}\b/,
  /\boperator_\d+_[\w-]{43}\b/,
  /session_token=[^\s;]+/,
  /[?&]token=[\w-]{16,}/,
  /\b\w+:\/\/[^\s:/@]+:[^\s/@]+@/,
  /X-Amz-Signature=\w+/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

/** Lines with one of the given secrets, in any spelling, or with a secret of some form. */
export const leaks = (text: string, secrets: ReadonlySet<string>): string[] => [
  ...leaksIn(Object.fromEntries([...secrets].entries()), { text }).map(({ line }) => line),
  ...text.split('\n').filter((line) => forms.some((form) => form.test(line))),
];
