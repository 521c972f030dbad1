/** The versions of a deployment: which one new runs begin on, and what still runs on the others. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { Version } from './versions.ts';

/** gRPC. */
const [NOT_FOUND, FAILED_PRECONDITION] = [5, 9];

export interface DeployedVersion {
  build: string;
  /** New runs begin on the current version, and a share of them on the next one while it is ramped up. */
  state: 'current' | 'next' | 'other';
  /** Of new runs, 0 to 100. */
  share: number;
  /** Runs under way that end on it: its processes must stay until there are none. */
  runs: number;
}

interface Place {
  client: Client;
  deploymentName: string;
}

/** The versions that Temporal knows, the newest first; none if no process with a build's id has run yet. */
export async function deployedVersions({ client, deploymentName }: Place): Promise<DeployedVersion[]> {
  const found = await client.workflowService
    .describeWorkerDeployment({ namespace: client.options.namespace, deploymentName })
    .catch(unlessMissing);
  const { routingConfig, versionSummaries } = found?.workerDeploymentInfo ?? {};
  const [current, next] = [
    routingConfig?.currentDeploymentVersion?.buildId,
    routingConfig?.rampingDeploymentVersion?.buildId,
  ];
  const ramped = next ? (routingConfig?.rampingVersionPercentage ?? 0) : 0;
  const builds = (versionSummaries ?? []).flatMap(({ deploymentVersion }) => deploymentVersion?.buildId ?? []);
  return Promise.all(
    builds.map(async (build): Promise<DeployedVersion> => {
      const { count } = await client.workflow.count(pinnedTo({ deploymentName, buildId: build }));
      const state = build === current ? 'current' : build === next ? 'next' : 'other';
      return { build, state, share: { current: 100 - ramped, next: ramped, other: 0 }[state], runs: count };
    }),
  );
}

/**
 * Makes a version the one that new runs begin on, all of them or a share.
 *
 * @param options share: of new runs, in percent; anyway: even if nobody of that version polls a queue that the current one has
 * @throws InvalidInputError if there is no such version, or it is not complete
 */
export async function switchVersion(
  { client, deploymentName }: Place,
  buildId: string,
  { share = 100, anyway = false } = {},
): Promise<void> {
  const { namespace, identity } = client.options;
  const request = { namespace, identity, deploymentName, buildId, ignoreMissingTaskQueues: anyway };
  try {
    if (share < 100) {
      await client.workflowService.setWorkerDeploymentRampingVersion({ ...request, percentage: share });
    } else await client.workflowService.setWorkerDeploymentCurrentVersion(request);
  } catch (error) {
    if (!isGrpcServiceError(error) || ![NOT_FOUND, FAILED_PRECONDITION].includes(error.code)) throw error;
    throw new InvalidInputError(`version ${buildId}: ${error.details}; expected its server and workers to run`);
  }
}

/** Makes a version the current one if none is: the first of a deployment. @returns whether it did */
export async function beFirst(client: Client, { deploymentName, buildId }: Version): Promise<boolean> {
  const place = { client, deploymentName };
  const known = await deployedVersions(place);
  // Temporal hears of a version once it polls.
  if (!known.some(({ build }) => build === buildId)) throw new Error(`Temporal does not know version ${buildId} yet`);
  if (known.some(({ state }) => state === 'current')) return false;
  await switchVersion(place, buildId);
  return true;
}

/** Has the runs of a version go on with the current one's code, in place of its own. @returns how many */
export async function moveRuns({ client, deploymentName }: Place, buildId: string): Promise<number> {
  const { namespace, identity } = client.options;
  let moved = 0;
  for await (const { workflowId, runId } of client.workflow.list({ query: pinnedTo({ deploymentName, buildId }) })) {
    await client.workflowService
      .updateWorkflowExecutionOptions({
        ...{ namespace, identity, workflowExecution: { workflowId, runId } },
        workflowExecutionOptions: { versioningOverride: { autoUpgrade: true } },
        updateMask: { paths: ['versioning_override'] },
      })
      .catch(unlessMissing);
    moved++;
  }
  return moved;
}

const pinnedTo = ({ deploymentName, buildId }: Version): string =>
  `TemporalWorkerDeploymentVersion = '${deploymentName}:${buildId}' AND TemporalWorkflowVersioningBehavior = 'Pinned' AND ExecutionStatus = 'Running'`;

function unlessMissing(error: unknown): undefined {
  if (isGrpcServiceError(error) && error.code === NOT_FOUND) return undefined;
  throw error;
}
