/** Removes what nobody misses: views, which are made again when they are asked for, and what processes that died left. */
import { probePrefixes, viewsPrefix } from '@saltworks/contract/layout';
import { inOrder } from '../in-order.ts';
import type { CallOptions, ObjectInfo, ObjectStore } from '../objects/store.ts';

/** Calls to the store side by side, and objects that one part looks at. */
const [atOnce, aPart] = [16, 2_000];
/** Probes and unfinished uploads of so long ago are of processes that died. */
const LEFT_MS = 86_400_000;

export interface Expired {
  removed: number;
  bytes: number;
  /** The last object that was looked at; null at the end. */
  next: string | null;
}

/**
 * Removes a part of the views and thumbnails that were made before a time.
 *
 * @param after `next` of the part before
 */
export async function expireViews(
  store: ObjectStore,
  before: Date,
  { after, ...options }: CallOptions & { after?: string } = {},
): Promise<Expired> {
  const old: ObjectInfo[] = [];
  let looked = 0;
  let next: string | null = null;
  for await (const object of store.list(viewsPrefix, { ...options, after })) {
    if (object.modified < before) old.push(object);
    if (++looked < aPart) continue;
    next = object.key;
    break;
  }
  return { ...(await remove(store, old, options)), next };
}

/** Removes probes and parts of uploads that were left behind. */
export async function expireLeftovers(store: ObjectStore, options: CallOptions = {}): Promise<Omit<Expired, 'next'>> {
  const before = new Date(Date.now() - LEFT_MS);
  const old: ObjectInfo[] = [];
  for (const prefix of probePrefixes) {
    for await (const object of store.list(prefix, options)) if (object.modified < before) old.push(object);
  }
  const { removed, bytes } = await remove(store, old, options);
  return { removed: removed + (await store.sweep(before, options)), bytes };
}

async function remove(store: ObjectStore, objects: readonly ObjectInfo[], options: CallOptions) {
  for await (const _ of inOrder(objects, atOnce, ({ key }) => store.delete(key, options)));
  return { removed: objects.length, bytes: objects.reduce((sum, { size }) => sum + size, 0) };
}
