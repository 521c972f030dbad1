/** Which store an address means. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { fileStore } from './fs.ts';
import { checkConditionalCreates } from './probe.ts';
import { s3Store } from './s3.ts';
import type { ObjectStore } from './store.ts';

const TRUE = ['1', 'true'];
const FALSE = ['0', 'false'];

/**
 * Opens `s3://bucket[/prefix]`, or a folder given by its path or `file:///path`.
 *
 * An address may come from anybody, so it says nothing but the bucket: the server and the credentials are the operator's,
 * from `SALTWORKS_S3_ENDPOINT` (or the SDK's `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`), `SALTWORKS_S3_REGION`,
 * `SALTWORKS_S3_FORCE_PATH_STYLE` (1 or 0), and what the SDK searches itself: `AWS_ACCESS_KEY_ID` and so on. Whoever opens
 * addresses of others' refuses folders first.
 *
 * @throws InvalidInputError for anything else
 */
export function openStore(url: string, env: NodeJS.ProcessEnv = process.env): ObjectStore {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1].toLowerCase();
  if (scheme === 's3') return openBucket(url, env);
  if (scheme === 'file') return fileStore(pathOf(url));
  if (scheme !== undefined || url === '' || url.includes('\0')) {
    throw new InvalidInputError(`store ${JSON.stringify(url)}; expected a folder, file:///path or s3://bucket/prefix`);
  }
  return fileStore(resolve(url));
}

/**
 * The same for whoever writes: several processes may work in one store only if it creates conditionally. A folder does
 * by its nature; a bucket is asked once.
 *
 * @throws InvalidInputError if it does not, or refuses to be written to
 */
export async function openStoreToWrite(url: string, env: NodeJS.ProcessEnv = process.env): Promise<ObjectStore> {
  const store = openStore(url, env);
  const endpoint = endpointIn(env);
  if (/^s3:/i.test(url)) await checkConditionalCreates(store, endpoint ? `${url} at ${endpoint}` : url);
  return store;
}

function openBucket(url: string, env: NodeJS.ProcessEnv): ObjectStore {
  const [, bucket, prefix] = /^s3:\/\/([^/?#@:]+)(?:\/([^?#]*?))?\/?$/i.exec(url) ?? [];
  if (bucket === undefined) {
    throw new InvalidInputError('unusable S3 address; expected s3://bucket/prefix, without user, port or parameters');
  }
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = env;
  // A profile goes before these, as in the SDK.
  const credentials =
    AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY && !AWS_PROFILE
      ? { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN }
      : undefined;
  return s3Store({
    bucket,
    prefix: prefix || undefined,
    endpoint: endpointIn(env),
    region: env.SALTWORKS_S3_REGION || env.AWS_REGION || undefined,
    credentials,
    forcePathStyle: flag('SALTWORKS_S3_FORCE_PATH_STYLE', env),
  });
}

const endpointIn = (env: NodeJS.ProcessEnv): string | undefined =>
  env.SALTWORKS_S3_ENDPOINT || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined;

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new InvalidInputError(`store ${JSON.stringify(url)}; expected file:///path`);
  }
}

function flag(name: string, env: NodeJS.ProcessEnv): boolean | undefined {
  const value = env[name];
  if (!value) return undefined;
  if (TRUE.includes(value)) return true;
  if (FALSE.includes(value)) return false;
  throw new InvalidInputError(`${name}=${value}; expected one of ${[...TRUE, ...FALSE].join(', ')}`);
}
