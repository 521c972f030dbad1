/** Whether a store creates conditionally: some S3 servers and gateways take `If-None-Match: *` and ignore it. */
import { randomUUID } from 'node:crypto';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { CallOptions, ObjectStore } from './store.ts';

/**
 * Creates a small object twice, of which the second must fail, and deletes it. Any number of processes may do so at once.
 *
 * @param place the store, in words
 * @throws InvalidInputError if the second create replaced the first, or the store cannot be written to
 */
export async function checkConditionalCreates(
  store: ObjectStore,
  place: string,
  options: CallOptions = {},
): Promise<void> {
  const key = `probes/${randomUUID()}.txt`;
  if (!(await store.putIfAbsent(key, 'first', options))) return;
  try {
    if (!(await store.putIfAbsent(key, 'second', options))) return;
  } finally {
    // Whoever may create but not delete leaves a few bytes.
    await store.delete(key, options).catch(() => {});
  }
  throw new InvalidInputError(
    `${place} ignores If-None-Match: a create replaced an object that was there; expected a server that refuses it with 412`,
  );
}
