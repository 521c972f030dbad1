/** What the store holds, what it may hold, and what may go. */
import { storagePart } from '../documents/storage.ts';
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { integer, nothing, text } from './fields.ts';

const level = {
  /** `warning`: from 80 % of the quota on, or little room on the disk. `full`: new work is refused. */
  level: z.enum(['ok', 'warning', 'full']),
  /** What, how much, what to do; empty while all is well. */
  reason: z.string(),
};

export const storageLevel = z.described(z.object(level), { id: 'StorageLevel' });
export type StorageLevel = z.infer<typeof storageLevel>;

export const storage = z.described(
  z.object({
    ...level,
    /** Bytes of all objects when they were counted last; null before the first count. */
    used: z.nullable(z.number()),
    /** ISO 8601. */
    counted: z.nullable(z.string()),
    quota: z.nullable(z.number()),
    /** Of a store in a folder. */
    disk: z.nullable(z.object({ folder: z.string(), free: z.number(), total: z.number() })),
    /** The largest first. */
    parts: z.array(storagePart),
  }),
  { id: 'Storage' },
);
export type StorageInfo = z.infer<typeof storage>;

const at = '/api/storage';

export const getStorage = endpoint({ method: 'GET', url: at, response: storage });

export const getStorageLevel = endpoint({ method: 'GET', url: `${at}/level`, response: storageLevel });

/** Counts now instead of later; answers before it is done. */
export const postStorageCount = endpoint({ method: 'POST', url: `${at}/count`, response: nothing });

/** Sets of keys that nothing draws on, and that nobody used for so many days. */
export const getStorageKeysets = endpoint({
  method: 'GET',
  url: `${at}/keysets`,
  query: z.object({ unused: z._default(integer(0, 3_650), 30) }),
  response: z.array(
    z.object({
      dataset: z.string(),
      keys: z.string(),
      images: z.int(),
      /** About as many, from a sample; null where there are none. */
      bytes: z.nullable(z.int()),
    }),
  ),
});

/** Removes views that are older, part by part: `next`, given as `after`, goes on; null at the end. With the first part go leftovers. */
export const postStorageExpire = endpoint({
  method: 'POST',
  url: `${at}/expire`,
  body: z.strictObject({
    /** Days since a view was made. */
    older: z._default(z.int().check(z.gte(0), z.lte(3_650)), 30),
    after: z.optional(text(200)),
  }),
  response: z.object({ removed: z.int(), bytes: z.number(), next: z.nullable(z.string()) }),
});
