/** Opens the database in a folder and says so. Given an assignment, it draws in it until killed and prints each number. */
import { join } from 'node:path';
import { openJournal } from '../../dist/db/journal.js';
import { openDatabase } from '../../dist/db/open.js';

const [folder, assignment] = process.argv.slice(2);
const { db } = await openDatabase(folder);
const journal = await openJournal(join(folder, 'journal.ndjson'));
const last = await db
  .selectFrom('interaction')
  .select((eb) => eb.fn.max('n').as('n'))
  .executeTakeFirst();
process.send({ n: last.n ?? 0 });
for (let n = (last.n ?? 0) + 1; assignment; n++) {
  const received = new Date().toISOString();
  const entry = { assignment, n, client: 'c', seq: n, kind: 'undo', body: { kind: 'undo' }, received };
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto('interaction')
      .values({ ...entry, body: JSON.stringify(entry.body) })
      .execute();
    await transaction.updateTable('assignment').set({ n }).where('id', '=', assignment).execute();
  });
  await journal.append(entry);
  process.send({ n });
}
