/** Routes of backups: an administrator's command reads the database here, and notes that a backup has ended well. */
import { getBackups, getBackupsDatabase, postBackups } from '@saltworks/contract/api/backups';
import { auditAlone } from '../accounts/audit.ts';
import { listBackups, noteBackup } from '../backups/notes.ts';
import { sendDump } from '../backups/spool.ts';
import { route } from './routes.ts';

export const backupRoutes = [
  route(getBackups, {
    summary: 'Backups that ended well, the newest first',
    access: 'admin',
    handler: ({ deps, query }) => listBackups(deps.db, query.limit),
  }),
  route(postBackups, {
    summary: 'Notes a backup that ended well',
    access: 'admin',
    async handler({ deps, body }) {
      await noteBackup(deps.db, body);
      return body;
    },
  }),
  route(getBackupsDatabase, {
    summary: 'Every row of the database at one moment, without sessions: for a backup',
    access: 'admin',
    async handler({ deps, user, reply }) {
      // Whoever has it has the hashes of all passwords.
      await auditAlone(deps.db, { actor: user.id, action: 'backup.read', object: 'database' });
      const dump = await sendDump(deps.database);
      reply.headers({ 'content-type': 'application/x-ndjson', 'x-content-type-options': 'nosniff' });
      return reply.send(dump);
    },
  }),
];
