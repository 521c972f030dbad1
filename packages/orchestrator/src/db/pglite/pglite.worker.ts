/** PGlite's thread: its queries would block the event loop. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, types } from '@electric-sql/pglite';
import type { Answer, Call, PgliteError, Reply } from './messages.ts';

const port = parentPort!;
const reply = (message: Reply) => port.postMessage(message);

/** An error of PGlite can carry its whole minified source in the stack. */
function plain(error: unknown): PgliteError {
  const { code, message, constraint } = error as PgliteError;
  return { code, message: String(message), constraint };
}

async function open(): Promise<PGlite> {
  const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];
  // As in pg, a number of 64 bits is a string.
  const db = await PGlite.create(workerData as string, { startParams, parsers: { [types.INT8]: (text) => text } });
  db.onNotification((channel, payload) => reply({ channel, payload }));
  return db;
}

async function answer(db: PGlite, { sql, parameters }: Call): Promise<Answer> {
  // As in pg, a query without parameters may hold several statements.
  if (parameters.length === 0) {
    const { rows = [], affectedRows = 0 } = (await db.exec(sql)).at(-1) ?? {};
    return { rows, affected: affectedRows };
  }
  const { rows, affectedRows = 0 } = await db.query(sql, parameters);
  return { rows, affected: affectedRows };
}

try {
  const db = await open();
  port.on('message', async (call: Call | 'close') => {
    if (call === 'close') {
      await db.close().catch(() => {});
      port.close();
      return;
    }
    try {
      reply({ id: call.id, answer: await answer(db, call) });
    } catch (error) {
      reply({ id: call.id, error: plain(error) });
      // It answers nothing more. Committed rows are there when it opens again.
      if ((error as { severity?: string }).severity === 'PANIC') process.exit();
    }
  });
  reply({ ready: true });
} catch (error) {
  reply({ failed: plain(error) });
}
