/** Which store this is, whatever its address. */
import { randomUUID } from 'node:crypto';
import { type Identity, identity } from '@saltworks/contract/documents/identity';
import { InvalidInputError } from '@saltworks/contract/errors';
import { identityKey, restoringKey } from '@saltworks/contract/layout';
import { readDocument } from './documents.ts';
import type { ObjectStore } from './store.ts';

/** The id of a store: a UUID, made by the first caller. @throws InvalidInputError while a backup is restored into it */
export async function storeIdentity(store: ObjectStore): Promise<string> {
  const find = async () => (await readDocument(store, identityKey, identity))?.id;
  const found = await find();
  if (found !== undefined) return found;
  if (await store.head(restoringKey)) {
    throw new InvalidInputError(
      'a restore into this store has not ended; expected "saltworks backup restore" once more',
    );
  }
  const own: Identity = { version: 1, id: randomUUID() };
  return (await store.putIfAbsent(identityKey, JSON.stringify(own))) ? own.id : ((await find()) ?? own.id);
}
