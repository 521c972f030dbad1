/** Versions of the code that runs side by side: Temporal's Worker Versioning. */
import type { WorkerOptions } from '@temporalio/worker';

/** Which code a process runs, as Temporal records it of every step. */
export interface Version {
  deploymentName: string;
  buildId: string;
}

/**
 * Options of a worker of a version. Runs end on the version that they began with, unless their workflow says otherwise.
 *
 * @returns none without a version
 */
export const workerVersion = (version?: Version): Pick<WorkerOptions, 'workerDeploymentOptions'> =>
  version
    ? { workerDeploymentOptions: { version, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' } }
    : {};
