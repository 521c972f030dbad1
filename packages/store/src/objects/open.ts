/** Which store an address means. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { fileStore } from './files/file-store.ts';
import { checkConditionalCreates } from './probe.ts';
import { s3Store } from './s3/s3-store.ts';
import type { S3Options } from './s3/settings.ts';
import type { ObjectStore } from './store.ts';

/** The operator's S3 server and credentials. The SDK searches for what is missing: environment, profile, container, instance. */
export type S3Access = Pick<S3Options, 'endpoint' | 'region' | 'credentials' | 'forcePathStyle'>;

/**
 * Opens `s3://bucket[/prefix]`, or a folder given by its path or `file:///path`.
 *
 * An address may come from any caller of the API, so it names the bucket alone. A process that opens the addresses of
 * others refuses folders first.
 *
 * @param s3 asked when the address is a bucket's
 * @throws InvalidInputError for any other address
 */
export function openStore(url: string, s3: () => S3Access): ObjectStore {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1].toLowerCase();
  if (scheme === 's3') return openBucket(url, s3);
  if (scheme === 'file') return fileStore(pathOf(url));
  if (scheme !== undefined || url === '' || url.includes('\0')) {
    throw new InvalidInputError(`store ${JSON.stringify(url)}; expected a folder, file:///path or s3://bucket/prefix`);
  }
  return fileStore(resolve(url));
}

/**
 * Opens a store to write to. Several processes may share one only if it creates conditionally: a folder always does, a
 * bucket is tried once.
 *
 * @throws InvalidInputError if the bucket does not, or refuses the write
 */
export async function openStoreToWrite(url: string, s3: () => S3Access): Promise<ObjectStore> {
  const store = openStore(url, s3);
  if (!/^s3:/i.test(url)) return store;
  const { endpoint } = s3();
  await checkConditionalCreates(store, endpoint ? `${url} at ${endpoint}` : url);
  return store;
}

function openBucket(url: string, s3: () => S3Access): ObjectStore {
  const [, bucket, prefix] = /^s3:\/\/([^/?#@:]+)(?:\/([^?#]*?))?\/?$/i.exec(url) ?? [];
  if (bucket === undefined) {
    throw new InvalidInputError('unusable S3 address; expected s3://bucket/prefix, without user, port or parameters');
  }
  return s3Store({ bucket, prefix: prefix || undefined, ...s3() });
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new InvalidInputError(`store ${JSON.stringify(url)}; expected file:///path`);
  }
}
