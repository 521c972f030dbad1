/** Routes of the store: what it holds, what it may hold, what may go. */
import {
  getStorage,
  getStorageKeysets,
  getStorageLevel,
  postStorageCount,
  postStorageExpire,
} from '@saltworks/contract/api/storage';
import { expireLeftovers, expireViews } from '@saltworks/store/storage/expire';
import { readUsage } from '@saltworks/store/storage/level';
import { auditAlone } from '../accounts/audit.ts';
import { unusedKeys } from '../datasets/unused-keys.ts';
import { daysAgo } from '../days-ago.ts';
import { route } from './routes.ts';

export const storageRoutes = [
  route(getStorageLevel, {
    summary: 'Whether the store has room: what managers are warned of',
    access: 'manager',
    async handler({ deps }) {
      const { level, reason } = await deps.storage.level();
      return { level, reason };
    },
  }),
  route(getStorage, {
    summary: 'What the store held when it was counted last, by kind, and what it may hold',
    access: 'admin',
    async handler({ deps }) {
      const [level, usage] = await Promise.all([deps.storage.level(), readUsage(deps.store)]);
      return { ...level, parts: usage?.parts ?? [] };
    },
  }),
  route(postStorageCount, {
    summary: 'Counts now what the store holds; the answer does not wait for it',
    access: 'admin',
    handler({ deps }) {
      deps.storage.count();
      return null;
    },
  }),
  route(getStorageKeysets, {
    summary: 'Sets of keys that nothing draws on and nobody used for a while',
    access: 'admin',
    async handler({ deps, query }) {
      const before = daysAgo(query.unused);
      const found = [];
      for await (const { dataset, set } of unusedKeys(deps, before)) {
        found.push({ dataset: dataset.name, keys: set.id, images: set.images, bytes: set.bytes });
      }
      return found;
    },
  }),
  route(postStorageExpire, {
    summary: 'Removes a part of the old views and thumbnails, which are made again when somebody looks',
    access: 'admin',
    async handler({ deps, body: { older, after }, user }) {
      const { store } = deps;
      const left = after === undefined ? await expireLeftovers(store) : { removed: 0, bytes: 0 };
      const part = await expireViews(store, daysAgo(older), { after });
      const entry = { actor: user.id, action: 'storage.expire', object: 'views', detail: { older } };
      if (after === undefined) await auditAlone(deps.db, entry);
      return { removed: left.removed + part.removed, bytes: left.bytes + part.bytes, next: part.next };
    },
  }),
];
