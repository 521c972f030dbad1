/** Masks compared two at a time: the reports that are stored, and the run that makes the missing ones. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { type AgreePair, agreementKey } from '@saltworks/contract/layout';
import { agreeImages } from '@saltworks/contract/messages/measure';
import { storedName } from '@saltworks/core/drawing/classes';
import { readAgreement } from '@saltworks/store/datasets/agreement';
import { type Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import { findWorkflow, startWorkflow } from '../../temporal/workflows.ts';
import { remembered } from './remembered.ts';

/** Pairs in one run; the rest waits for the next. */
const pairsAtOnce = 500;

/** What was measured of a pair. */
export const readReport = remembered(10_000, agreementKey, readAgreement);

const comparing = (campaign: string) => `agree/${campaign}`;

/** Starts the comparison of a campaign's masks, one run at a time. */
export async function startComparing(
  client: Client,
  { id, categories }: Campaign,
  pairs: readonly AgreePair[],
): Promise<void> {
  const input = { pairs: pairs.slice(0, pairsAtOnce), classes: categories.map(storedName) };
  await startWorkflow(client, agreeImages, input, {
    workflowId: comparing(id),
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
  });
}

/** Resolves when a campaign's comparison has ended in any way, or at a time, milliseconds since 1970. */
export async function comparingEnds(client: Client, campaign: string, until: number): Promise<void> {
  const run = findWorkflow(client, agreeImages, comparing(campaign));
  await client.connection.withDeadline(until, run.result).catch(() => {});
}
