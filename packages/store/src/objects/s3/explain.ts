/** Failures of S3 calls in words. */
import { InvalidInputError, UnwritableError } from '@saltworks/contract/errors';
import { ObjectMissingError, StoreRefusedError } from '../store.ts';
import { isFull, isRefusal, statusOf } from './failures.ts';

/**
 * A failure as one line. The SDK's error is not its cause: that holds the signed request, socket and all.
 *
 * @param doing the call, as `reading KEY`
 * @param place the bucket and its server
 * @param tries how often it was tried
 */
export function explain(error: unknown, doing: string, place: string, tries: number): unknown {
  if ([InvalidInputError, ObjectMissingError, UnwritableError].some((kind) => error instanceof kind)) return error;
  const { name, message } = error as Error;
  const status = statusOf(error);
  const said = status
    ? `${name === 'Unknown' ? '' : `${name} `}(${status})`
    : `${name}: ${message.replace(/\s+/g, ' ').slice(0, 300)}`;
  if (isFull(error)) return new UnwritableError(`no room in ${place} for ${doing}: ${said}; expected more`);
  if (name === 'NoSuchBucket') return new StoreRefusedError(`no bucket ${place}; expected one that is there already`);
  if (name === 'CredentialsProviderError') {
    return new StoreRefusedError(`no credentials for ${place}; expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`);
  }
  if (message === 'Region is missing') {
    return new StoreRefusedError(`no region for ${place}; expected SALTWORKS_S3_REGION or AWS_REGION`);
  }
  if (isRefusal(error)) {
    return new StoreRefusedError(`${place} refused ${doing}: ${said}; expected credentials that may do this`);
  }
  if (status === 301 || name === 'AuthorizationHeaderMalformed') {
    return new StoreRefusedError(`${place} is of another region: ${said}; expected SALTWORKS_S3_REGION to name it`);
  }
  if (status === 501) return new InvalidInputError(`${place} cannot do ${doing}: ${said}; expected a server that can`);
  if (status === 412) return new Error(`${doing} failed on ${place}: it was replaced meanwhile`);
  const often = tries > 1 ? ` ${tries} times` : '';
  return new Error(`${doing} failed${often} on ${place}: ${said}`);
}
