/** One command at a time writes into a destination: what one removes, another may be about to name. */
import { hostname } from 'node:os';
import { type BackupLock, backupLock } from '@saltworks/contract/documents/backups';
import { InvalidInputError } from '@saltworks/contract/errors';
import { backupLockKey } from '@saltworks/contract/layout';
import { isAlive } from '@saltworks/telemetry/alive';
import { readDocument } from '../objects/documents.ts';
import type { ObjectStore } from '../objects/store.ts';

const renewMs = 20_000;
/** Of a lock without a sign of life, whose command was killed. */
const staleMs = 120_000;

/**
 * @returns unlocks
 * @throws InvalidInputError if another command holds it
 */
export async function lockDestination(to: ObjectStore): Promise<() => Promise<void>> {
  const mine = { version: 1, host: hostname(), pid: process.pid } as const;
  const written = () => JSON.stringify({ ...mine, at: new Date().toISOString() } satisfies BackupLock);
  if (!(await to.putIfAbsent(backupLockKey, written()))) {
    const other = await readDocument(to, backupLockKey, backupLock);
    if (other && !isOver(other)) {
      throw new InvalidInputError(
        `process ${other.pid} of ${other.host} writes there, last at ${other.at}; expected one command at a time`,
      );
    }
    await to.put(backupLockKey, written());
  }
  let renewing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = to.put(backupLockKey, written()).catch(() => {});
  }, renewMs);
  return async () => {
    clearInterval(timer);
    await renewing;
    await to.delete(backupLockKey);
  };
}

function isOver({ host, pid, at }: BackupLock): boolean {
  if (Date.now() - Date.parse(at) > staleMs) return true;
  if (host !== hostname() || pid === process.pid) return false;
  return !isAlive(pid);
}
