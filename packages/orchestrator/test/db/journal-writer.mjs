/** Appends to a journal until killed, and prints each number once it is on the disk. */
import { openJournal } from '../../dist/db/journal.js';

const [path, last] = process.argv.slice(2);
const journal = await openJournal(path);
for (let n = Number(last) + 1; ; n++) {
  const body = { kind: 'undo' };
  await journal.append({
    assignment: 'a1',
    n,
    client: 'c',
    seq: n,
    kind: 'undo',
    body,
    received: new Date().toISOString(),
  });
  process.send(n);
}
