/** Files that a browser sends, to become images of a dataset: what lies in the store while they wait, and what came of them. */
import * as z from '../zod.ts';

/** The files of an upload, as its import reads them. */
export const uploadManifest = z.object({
  version: z.literal(1),
  files: z.array(
    z.object({
      /** Names its parts in the store. */
      file: z.number(),
      /** Path below what was dropped, joined by `/`. */
      name: z.string(),
      bytes: z.number(),
      /** When the file was last changed, milliseconds since 1970. */
      modified: z.number(),
    }),
  ),
});
export type UploadManifest = z.infer<typeof uploadManifest>;

/** A place, and the path below it, joined by `/`; empty for the place itself. */
export const uploadFrom = z.object({ place: z.string(), path: z.string() });
export type UploadFrom = z.infer<typeof uploadFrom>;

/** A file and one line about it. */
export const uploadLine = z.object({ name: z.string(), reason: z.string() });
export type UploadLine = z.infer<typeof uploadLine>;

/** `unpacking`: files are put together and ZIPs opened. `importing`: they become images. */
export const uploadSteps = ['unpacking', 'importing', 'done'] as const;

/** How far an import is, written again and again while it works; in the end what came of it. */
export const uploadReport = z.object({
  version: z.literal(1),
  step: z.enum(uploadSteps),
  /** Files that were looked at, those of ZIPs singly. */
  files: z.number(),
  /** Images that are new, or former versions that are back. */
  added: z.number(),
  unchanged: z.number(),
  duplicates: z.number(),
  /** Names whose files have other bytes than before. */
  replaced: z.number(),
  /** Files that are no pictures. */
  left: z.number(),
  /** Known masks that were stored. */
  truths: z.number(),
  /** The labels that were recognised, in words; null where none were. */
  labels: z.nullable(z.string()),
  /** Files that could not be used, and remarks about others: the first of them, and how many there are. */
  failures: z.array(uploadLine),
  failed: z.number(),
  notes: z.array(uploadLine),
  noted: z.number(),
});
export type UploadReport = z.infer<typeof uploadReport>;
