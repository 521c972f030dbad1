/** A server or a worker that runs in this process. */
import type { Closable } from '@saltworks/orchestrator/server';
import type { Probes } from '@saltworks/telemetry/probes';

export interface Role extends Closable {
  /** From now on `/readyz` says that the process is not ready; it works on until `shutdown`. */
  drain(): void;
}

const watchMs = 10_000;

/** Asks a role's probes now and then, so that its log says when it is not ready, even where nobody else asks. */
export const watch = (probes: Probes): void => void setInterval(probes.readiness, watchMs).unref();
