/**
 * A backup, as it lies in its destination: one manifest, which names parts by their content, and these name objects. So its
 * manifest's hash stands for all of it.
 */
import * as z from '../zod.ts';

/** Bytes of a part: sha256, hex, of what is stored. */
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const count = z.int().check(z.gte(0));

/** JSON Lines, packed with gzip. */
const part = z.object({ sha256, size: count, lines: count });
export type Part = z.infer<typeof part>;

export const manifest = z.object({
  version: z.literal(1),
  /** When what it holds was true of the database, ISO 8601. */
  at: z.string(),
  /** The version that wrote it. */
  saltworks: z.string(),
  /** The store's id, which a restored one has, too. */
  store: z.string(),
  /** What it holds besides what cannot be made again. */
  with: z.array(z.enum(['masks', 'exports'])),
  database: z.object({
    /** The last migration of its tables. */
    level: z.string(),
    rows: count,
    /** Entries of the audit log, and the hash of the last. */
    audit: z.object({ entries: count, head: z.string() }),
    /** The lines of a dump, one part after another. */
    parts: z.array(part),
    /** NamedMasks, sorted. */
    masks: z.array(part),
  }),
  objects: z.object({
    count,
    bytes: count,
    /** Masks that rows of the database name and the store did not have. */
    absent: count,
    /** BackedUpObjects, sorted by key. */
    parts: z.array(part),
  }),
});
export type Manifest = z.infer<typeof manifest>;

/** A line of a part: an object of the store. */
export const backedUpObject = z.object({ key: z.string(), size: count, sha256 });
export type BackedUpObject = z.infer<typeof backedUpObject>;

/** Who works in a destination: one at a time. */
export const backupLock = z.object({
  version: z.literal(1),
  host: z.string(),
  pid: z.int(),
  /** The last sign of life, ISO 8601. */
  at: z.string(),
});
export type BackupLock = z.infer<typeof backupLock>;

/** What is restored into a store: it has no other objects until that has ended. */
export const restoring = z.object({ version: z.literal(1), manifest: sha256 });
export type Restoring = z.infer<typeof restoring>;

/**
 * A line of a dump that is no row: rows are objects, as PostgreSQL writes them. First `database`, each table with its rows, and how
 * many lines that was; then `masks`, those that rows name, sorted, and how many lines that was.
 */
export const dumpLine = z.union([
  z.tuple([
    z.literal('database'),
    z.object({
      version: z.literal(1),
      at: z.string(),
      level: z.string(),
      audit: z.object({ entries: count, head: z.string() }),
    }),
  ]),
  z.tuple([z.literal('table'), z.string(), z.array(z.string())]),
  z.tuple([z.literal('masks')]),
  z.tuple([z.literal('end'), count]),
]);
export type DumpLine = z.infer<typeof dumpLine>;

/** A row of a dump's masks: the mask that other rows name. */
export const namedMask = z.object({ mask: z.string().check(z.regex(/^[0-9a-f]{64}$/)) });
