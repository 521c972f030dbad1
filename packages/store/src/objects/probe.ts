/** Probes of a store before there is work: whether it answers, and whether several processes may share it. */
import { randomUUID } from 'node:crypto';
import { InvalidInputError } from '@saltworks/contract/errors';
import { probeKey, trialKey } from '@saltworks/contract/layout';
import { storeIdentity } from './identity.ts';
import type { CallOptions, ObjectStore } from './store.ts';

/**
 * Lists, writes, reads and deletes.
 *
 * @returns the store's id
 * @throws StoreRefusedError or Error, as the call that failed
 */
export async function checkStore(store: ObjectStore): Promise<string> {
  const id = await storeIdentity(store);
  const key = trialKey(randomUUID());
  await store.put(key, id);
  for await (const _ of store.list(key)) break;
  await store.get(key);
  await store.delete(key);
  return id;
}

/**
 * Creates a small object twice and deletes it; the second create has to fail. Some S3 servers and gateways accept
 * `If-None-Match: *` and ignore it. Any number of processes may probe at once.
 *
 * @param place the store, for messages
 * @throws InvalidInputError if the second create replaced the first, or the store cannot be written to
 */
export async function checkConditionalCreates(
  store: ObjectStore,
  place: string,
  options: CallOptions = {},
): Promise<void> {
  const key = probeKey(randomUUID());
  if (!(await store.putIfAbsent(key, 'first', options))) return;
  try {
    if (!(await store.putIfAbsent(key, 'second', options))) return;
  } finally {
    // A caller that may create but not delete leaves a few bytes.
    await store.delete(key, options).catch(() => {});
  }
  throw new InvalidInputError(
    `${place} ignores If-None-Match: a create replaced an object that was there; expected a server that refuses it with 412`,
  );
}
