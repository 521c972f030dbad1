/** A mirror: a copy of the `models/` folder of a home, in a folder, a bucket or on a web server, used instead of all sources. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInputError } from '@saltworks/contract/errors';
import { checkUrl, fileOrigin, httpOrigin, type Origin, objectOrigin, type Proxies, type Reader } from './origins.ts';

export interface Mirror {
  name: string;
  /** @param place of a file below `models/` */
  origin(place: string): Origin;
}

/**
 * @param where `s3://bucket/prefix`, `https://…`, or a folder, by its path or `file:///path`
 * @param openBucket reads a bucket, with the credentials of the caller
 * @throws InvalidInputError for any other address
 */
export function openMirror(
  where: string,
  { proxy, openBucket }: { proxy?: Proxies; openBucket: (url: string) => Reader },
): Mirror {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(where)?.[1].toLowerCase();
  if (scheme === 's3') {
    const bucket = openBucket(where);
    return { name: where, origin: (place) => objectOrigin(bucket, place, where) };
  }
  if (scheme === 'https' || scheme === 'http') {
    const { origin, pathname } = checkUrl(where);
    const base = origin + pathname.replace(/\/*$/, '/');
    return { name: base, origin: (place) => httpOrigin(base + place, proxy) };
  }
  const folder = scheme === undefined ? where : folderOf(where);
  return { name: where, origin: (place) => fileOrigin(join(folder, place)) };
}

function folderOf(address: string): string {
  try {
    return fileURLToPath(address);
  } catch {
    throw new InvalidInputError(`mirror ${address}; expected s3://bucket/prefix, https://…, or a folder`);
  }
}
