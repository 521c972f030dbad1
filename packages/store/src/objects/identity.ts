/** Whether a store can be worked with, and which one it is. */
import { randomUUID } from 'node:crypto';
import { identityKey } from '@saltworks/contract/layout';
import type { ObjectStore } from './store.ts';
import { readJson } from './text.ts';

/** The id of a store, which gets one from whoever asks first: a UUID. */
export async function storeIdentity(store: ObjectStore): Promise<string> {
  const find = async () => (await readJson<{ id: string }>(store, identityKey))?.id;
  const found = await find();
  if (found !== undefined) return found;
  const id = randomUUID();
  return (await store.putIfAbsent(identityKey, JSON.stringify({ id }))) ? id : ((await find()) ?? id);
}

/**
 * Lists, writes, reads and deletes, so that a store that cannot be worked with is found out before there is work.
 *
 * @returns its id
 * @throws StoreRefusedError or Error, as the call that failed
 */
export async function checkStore(store: ObjectStore): Promise<string> {
  const id = await storeIdentity(store);
  const key = `check/${randomUUID()}`;
  await store.put(key, id);
  for await (const _ of store.list(key)) break;
  await store.get(key);
  await store.delete(key);
  return id;
}
