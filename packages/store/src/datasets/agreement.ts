/** Stored measures of how far two masks agree. */
import { type AgreementReport, isCurrentReport, storedAgreement } from '@saltworks/contract/documents/agreement';
import { type AgreePair, agreementKey } from '@saltworks/contract/layout';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** The report of a pair; undefined if there is none, or another version of the comparison made it. */
export async function readAgreement(
  store: ObjectStore,
  pair: AgreePair,
  options?: CallOptions,
): Promise<AgreementReport | undefined> {
  const report = await readDocument(store, agreementKey(pair), storedAgreement, options);
  return report && isCurrentReport(report) ? report : undefined;
}
