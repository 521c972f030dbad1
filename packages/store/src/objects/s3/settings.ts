/** The settings of an S3 store, and the SDK's client that they make. */
import { S3 } from '@aws-sdk/client-s3';
import { InvalidInputError } from '@saltworks/contract/errors';
import { countRequests } from './counted.ts';

export interface S3Options {
  bucket: string;
  /** The store's objects lie under `prefix/`; the prefix itself is a key. */
  prefix?: string;
  /** The server, as http(s)://host[:port]; Amazon's by default. */
  endpoint?: string;
  /** By default the SDK searches; with an endpoint `us-east-1`, which self-hosted servers take for theirs. */
  region?: string;
  /** By default the SDK searches: environment, profile, container, instance. */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  /** Whether the path names the bucket, instead of the host; true by default where there is an endpoint. */
  forcePathStyle?: boolean;
  /** Tries of one request, or of one part of a stream, before the call fails. */
  attempts?: number;
  /** Milliseconds to connect. */
  connectTimeout?: number;
  /** Milliseconds that a connection may stay silent. */
  idleTimeout?: number;
}

export interface Client {
  s3: S3;
  /** The bucket and its server, for messages. */
  place: string;
  attempts: number;
}

/** @throws InvalidInputError when an option is unusable */
export function openClient({
  bucket,
  endpoint,
  region,
  credentials,
  forcePathStyle,
  attempts = 6,
  connectTimeout = 5_000,
  idleTimeout = 30_000,
}: S3Options): Client {
  const server = endpoint === undefined ? undefined : originOf(endpoint);
  for (const [name, value] of Object.entries({ attempts, connectTimeout, idleTimeout })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new InvalidInputError(`${name} ${value}; expected a whole number from 1`);
    }
  }
  // As many connections as there are calls: waiting for one would count as connecting.
  const agent = { maxSockets: Number.POSITIVE_INFINITY };
  const s3 = new S3({
    endpoint: server,
    region: region ?? (server && 'us-east-1'),
    credentials,
    forcePathStyle: forcePathStyle ?? server !== undefined,
    maxAttempts: 1,
    expectContinueHeader: false,
    // Not every server knows checksum headers, and each request is signed with the sha256 of its body already.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectTimeout,
      socketTimeout: idleTimeout,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
  countRequests(s3);
  return { s3, place: `s3://${bucket} at ${server ?? 'Amazon S3'}`, attempts };
}

/** @returns the URL as a server's address @throws InvalidInputError */
function originOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  // The message does not repeat it: the surplus may be a secret.
  if (!plain)
    throw new InvalidInputError('unusable S3 endpoint; expected http(s)://host[:port], nothing before or behind');
  return url.href.replace(/\/$/, '');
}
