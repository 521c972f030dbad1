/** How far two masks agree, where that is known. */
import { type AgreementReport, isCurrentReport, storedAgreement } from '@saltworks/contract/documents/agreement';
import { type AgreePair, agreementKey } from '@saltworks/contract/layout';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** The report of a pair; undefined where there is none, or one of another version of the comparison. */
export async function readAgreement(
  store: ObjectStore,
  pair: AgreePair,
  options?: CallOptions,
): Promise<AgreementReport | undefined> {
  const report = await readDocument(store, agreementKey(pair), storedAgreement, options);
  return report && isCurrentReport(report) ? report : undefined;
}
