/** The consensus of an image: one mask of all its annotators' strokes, in one solve. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Weighting } from '@saltworks/contract/api/measures';
import { type ConsensusAnswer, consensusImage } from '@saltworks/contract/messages/measure';
import { WorkflowIdConflictPolicy } from '@temporalio/client';
import { ConflictError } from '../../errors.ts';
import { executeWorkflow } from '../../temporal/workflows.ts';
import { imageRequestOf } from '../image-request.ts';
import { campaignAgreement, type MeasureDeps } from './agreement.ts';
import { comparingEnds } from './compare.ts';
import { submissionsOf } from './submissions.ts';

/** Milliseconds to wait for comparisons that reliability needs. */
const comparingMs = 60_000;

type Weights = Readonly<Record<string, number>>;

/**
 * Makes the consensus of an image and records it.
 *
 * @param weights by user, 1 where a user is left out; or how to find them
 * @throws ConflictError if no mask was submitted
 */
export async function makeConsensus(
  deps: MeasureDeps,
  campaign: Campaign,
  task: string,
  weights: Weighting | Weights,
): Promise<ConsensusAnswer & { weights: Record<string, number> }> {
  const { db, client } = deps;
  const submissions = await submissionsOf(db, campaign.id, { task });
  if (submissions.length === 0) throw new ConflictError('nothing was handed in; expected one mask or more');
  const found = await weightsOf(deps, campaign, weights);
  const { object } = await db.selectFrom('task').select('object').where('id', '=', task).executeTakeFirstOrThrow();
  const [{ sha256, name }] = submissions;
  const annotations = submissions.map(({ user, assignment, n, mask }) => ({
    annotator: user,
    assignment,
    n,
    mask,
    weight: found[user] ?? 1,
  }));
  const request = { ...imageRequestOf(campaign, { sha256, name, object }), annotations };
  const answer = await executeWorkflow(client, consensusImage, request, {
    workflowId: `consensus/${task}`,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.TERMINATE_EXISTING,
  });
  const used = Object.fromEntries(annotations.map(({ annotator, weight }) => [annotator, weight]));
  const row = { mask: answer.mask, weights: JSON.stringify(used), made: new Date() };
  await db
    .insertInto('consensus')
    .values({ task, ...row })
    .onConflict((conflict) => conflict.column('task').doUpdateSet(row))
    .execute();
  return { ...answer, weights: used };
}

/**
 * Weights of a campaign's annotators.
 *
 * @param weights by reliability, once all submitted masks are compared; equal; or as given
 * @param most milliseconds to wait for comparisons
 * @throws ConflictError if comparisons get no further
 */
export async function weightsOf(
  deps: MeasureDeps,
  campaign: Campaign,
  weights: Weighting | Weights,
  most = comparingMs,
): Promise<Weights> {
  if (weights === 'equal') return {};
  if (weights !== 'reliability') return weights;
  const until = Date.now() + most;
  for (let least = Number.POSITIVE_INFINITY; ; ) {
    const { annotators, pending } = await campaignAgreement(deps, campaign);
    if (pending === 0) return Object.fromEntries(annotators.map(({ annotator, weight }) => [annotator, weight]));
    if (pending >= least || Date.now() >= until) {
      throw new ConflictError(
        `${pending} pairs of masks wait to be compared; expected a worker with the role propagate`,
      );
    }
    least = pending;
    // The next look shows whether the comparison failed, or no worker took it.
    await comparingEnds(deps.client, campaign.id, until);
  }
}
