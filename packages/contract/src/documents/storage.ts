/** What the objects of a store take: counted now and then by listing them all, never while somebody waits. */
import * as z from '../zod.ts';

/** What an object is of, as people think of room. */
export const storageKinds = [
  'images',
  'keys',
  'masks',
  'views',
  'exports',
  'strokes',
  'drawings',
  'datasets',
  'builds',
  'bakeoffs',
  'agreement',
  'models',
  'other',
] as const;
export type StorageKind = (typeof storageKinds)[number];

const count = z.number().check(z.gte(0));

export const storagePart = z.object({
  kind: z.enum(storageKinds),
  /** Keys: the id of the set. Exports and what is kept of a dataset: its name. Null for what datasets share. */
  of: z.nullable(z.string()),
  objects: count,
  bytes: count,
});
export type StoragePart = z.infer<typeof storagePart>;

/** `storage/usage.json`. */
export const storageUsage = z.object({
  version: z.literal(1),
  /** When the count ended, ISO 8601, and the seconds that it took. */
  counted: z.string(),
  seconds: count,
  objects: count,
  bytes: count,
  parts: z.array(storagePart),
});
export type StorageUsage = z.infer<typeof storageUsage>;

/** `storage/quota.json`: the bytes that the store may hold, as the server was told last; null: no quota. */
export const storageQuota = z.object({ version: z.literal(1), bytes: z.nullable(count) });
export type StorageQuota = z.infer<typeof storageQuota>;
