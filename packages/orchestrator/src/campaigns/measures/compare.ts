/** Masks compared two at a time: the reports that are stored, and the run that makes the missing ones. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { AgreementReport } from '@saltworks/contract/documents/agreement';
import { type AgreePair, agreementKey } from '@saltworks/contract/layout';
import { agreeImages } from '@saltworks/contract/messages/measure';
import { readAgreement } from '@saltworks/store/datasets/agreement';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { type Client, WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import { LRUCache } from 'lru-cache';
import { findWorkflow, startWorkflow } from '../../temporal/workflows.ts';

/** Pairs in one run; the rest waits for the next. */
const pairsAtOnce = 500;
const rememberedReports = 10_000;
/** Reports that were read, by store: one of this version stays as it is, unless it says `again`. */
const reports = new WeakMap<ObjectStore, LRUCache<string, AgreementReport>>();

/** @returns undefined where there is no report of this version */
export async function readReport(store: ObjectStore, pair: AgreePair): Promise<AgreementReport | undefined> {
  const known = reports.get(store) ?? new LRUCache<string, AgreementReport>({ max: rememberedReports });
  reports.set(store, known);
  const key = agreementKey(pair);
  const report = known.get(key) ?? (await readAgreement(store, pair));
  if (report && !('again' in report)) known.set(key, report);
  return report;
}

const comparing = (campaign: string) => `agree/${campaign}`;

/** Starts the comparison of a campaign's masks, one run at a time. */
export async function startComparing(
  client: Client,
  { id, categories }: Campaign,
  pairs: readonly AgreePair[],
): Promise<void> {
  const input = { pairs: pairs.slice(0, pairsAtOnce), classes: categories.map(({ name }) => name) };
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
