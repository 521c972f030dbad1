/** Which store this is, whatever its address. */
import { randomUUID } from 'node:crypto';
import { identityKey } from '@saltworks/contract/layout';
import type { ObjectStore } from './store.ts';
import { readJson } from './text.ts';

/** The id of a store: a UUID, made by the first caller. */
export async function storeIdentity(store: ObjectStore): Promise<string> {
  const find = async () => (await readJson<{ id: string }>(store, identityKey))?.id;
  const found = await find();
  if (found !== undefined) return found;
  const id = randomUUID();
  return (await store.putIfAbsent(identityKey, JSON.stringify({ id }))) ? id : ((await find()) ?? id);
}
