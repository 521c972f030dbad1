/** Backups: a dump of the database for them, and a note of each that ended well. */
import * as z from '../zod.ts';
import { endpoint } from './endpoint.ts';
import { limit, text, time } from './fields.ts';

const at = '/api/backups';

export const backup = z.described(
  z.strictObject({
    /** sha256 of its manifest, hex. */
    manifest: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
    /** When what it holds was true, ISO 8601. */
    at: time,
    /** Where it lies. */
    place: text(2_000),
    objects: z.int().check(z.gte(0)),
    bytes: z.int().check(z.gte(0)),
  }),
  { id: 'Backup' },
);
export type BackupInfo = z.infer<typeof backup>;

export const getBackups = endpoint({ method: 'GET', url: at, query: z.object({ limit }), response: z.array(backup) });

export const postBackups = endpoint({ method: 'POST', url: at, body: backup, response: backup });

export const getBackupsDatabase = endpoint({
  method: 'GET',
  url: `${at}/database`,
  sends: { type: 'application/x-ndjson', description: 'Every row of the database, at one moment', text: true },
});
