/** A server or a worker that runs in this process. */
import type { Closable } from '@saltworks/orchestrator/server';

export interface Role extends Closable {
  /** From now on `/readyz` says that the process is not ready; it works on until `shutdown`. */
  drain(): void;
}
