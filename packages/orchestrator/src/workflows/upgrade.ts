import { setWorkflowOptions } from '@temporalio/workflow';

/**
 * Lets later code take a workflow over between two of its steps; others end on the version that they began with. Temporal
 * refuses every answer that names such a wish from a worker without a version: `openWorkflows` says whether it has one.
 */
export function upgrade<Args extends unknown[], Result>(workflow: (...args: Args) => Promise<Result>): void {
  const { saltworksVersioned } = globalThis as { saltworksVersioned?: boolean };
  setWorkflowOptions(() => (saltworksVersioned ? { versioningBehavior: 'AUTO_UPGRADE' } : {}), workflow);
}
