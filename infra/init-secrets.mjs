// node infra/init-secrets.mjs [FOLDER]: makes the secrets of compose.yaml at random, once; those that are there stay.
// The folder admits its owner alone. The files in it are readable by all, since containers, whose users have other numbers
// than yours, see each file without its folder.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = process.argv[2] ?? fileURLToPath(new URL('secrets', import.meta.url));
mkdirSync(folder, { recursive: true, mode: 0o700 });

const made = [];
/** @param text what a new file holds, by default 43 random characters. @returns what the file holds */
function secret(name, text = randomBytes(32).toString('base64url')) {
  const path = join(folder, name);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  writeFileSync(path, text, { mode: 0o444, flag: 'wx' });
  made.push(name);
  return text;
}

secret('postgres-password');
secret('temporal-password');
secret('database', `postgres://saltworks:${secret('database-password')}@postgres:5432/saltworks`);
secret('session');
secret('metrics-token');
secret('grafana-password');
const credentials = [{ accessKey: secret('s3-access-key'), secretKey: secret('s3-secret-key') }];
// What SeaweedFS reads.
secret('s3.json', JSON.stringify({ identities: [{ name: 'saltworks', credentials, actions: ['Admin'] }] }));

console.log(made.length === 0 ? `${folder}: all there` : `${folder}: made ${made.join(', ')}`);
