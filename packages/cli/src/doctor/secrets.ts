/** Secrets: hard to guess, and in files that are nobody else's. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPostgres } from '@saltworks/orchestrator/db/open';
import { apiKeyFile, secretFile } from '../settings.ts';
import { type Check, type Finding, fails, ok, warning } from './check.ts';
import { isServer } from './deployment.ts';

/** Bits of a secret's characters as they are spread: 32 hexadecimal digits at random have about 112. */
const BITS = 80;

export const checkSecret: Check = async (place) => {
  if (!isServer(place)) return [];
  const { secret, database } = place.settings;
  const mend = 'SALTWORKS_SECRET: openssl rand -hex 32; it signs everybody out';
  if (secret === undefined) {
    if (!isPostgres(database)) return [ok('secret', "the home's own")];
    return [
      warning(
        'secret',
        "the home's own, though several servers may share the database",
        `${mend}, the same for all servers`,
      ),
    ];
  }
  const bits = Math.floor(bitsOf(secret));
  if (bits < BITS) return [fails('secret', `easy to guess: about ${bits} bits`, mend)];
  return [ok('secret', `${secret.length} characters`)];
};

/** Shannon's entropy of the characters, times their number. */
export function bitsOf(secret: string): number {
  const counts = new Map<string, number>();
  for (const letter of secret) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const share = (count: number) => count / secret.length;
  return [...counts.values()].reduce((bits, count) => bits - count * Math.log2(share(count)), 0);
}

export const checkSecretFiles: Check = async ({ settings }) => {
  const { home, database, env } = settings;
  const own = [secretFile(home), apiKeyFile(home), join(home, 'journal.ndjson')];
  if (!isPostgres(database)) own.push(database);
  // Secrets that are mounted into a container are readable by all in it; nobody but their owner may write them.
  const given = Object.entries(env).flatMap(([name, path]) =>
    /^(SALTWORKS|AWS)_\w+_FILE$/.test(name) && path ? [path] : [],
  );
  const findings: Finding[] = [];
  let count = 0;
  for (const [paths, bits, what] of [
    [own, 0o077, 'readable by others'],
    [given, 0o022, 'writable by others'],
  ] as const) {
    for (const path of paths) {
      const found = await stat(path).catch(() => undefined);
      if (!found) continue;
      count++;
      if ((found.mode & bits) === 0) continue;
      const mend = `chmod ${bits === 0o022 ? 'go-w' : 'go='} ${path}`;
      findings.push(fails('secret.files', `${path} is ${what} (${(found.mode & 0o777).toString(8)})`, mend));
    }
  }
  if (findings.length > 0) return findings;
  return count > 0 ? [ok('secret.files', `${count} files, nobody else's`)] : [];
};
