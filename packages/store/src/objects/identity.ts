/** Which store this is, whatever its address. */
import { randomUUID } from 'node:crypto';
import { type Identity, identity } from '@saltworks/contract/documents/identity';
import { identityKey } from '@saltworks/contract/layout';
import { readDocument } from './documents.ts';
import type { ObjectStore } from './store.ts';

/** The id of a store: a UUID, made by the first caller. */
export async function storeIdentity(store: ObjectStore): Promise<string> {
  const find = async () => (await readDocument(store, identityKey, identity))?.id;
  const found = await find();
  if (found !== undefined) return found;
  const own: Identity = { version: 1, id: randomUUID() };
  return (await store.putIfAbsent(identityKey, JSON.stringify(own))) ? own.id : ((await find()) ?? own.id);
}
