/** Stored measures of how good a drawing's mask was step by step. */
import {
  isCurrentEfficiency,
  type LabelEfficiencyReport,
  storedLabelEfficiency,
} from '@saltworks/contract/documents/label-efficiency';
import { type HandedIn, labelEfficiencyKey } from '@saltworks/contract/layout';
import { readDocument } from '../objects/documents.ts';
import type { CallOptions, ObjectStore } from '../objects/store.ts';

/** The report of a drawing; undefined if there is none, or another version of the replay made it. */
export async function readLabelEfficiency(
  store: ObjectStore,
  drawing: HandedIn,
  options?: CallOptions,
): Promise<LabelEfficiencyReport | undefined> {
  const report = await readDocument(store, labelEfficiencyKey(drawing), storedLabelEfficiency, options);
  return report && isCurrentEfficiency(report) ? report : undefined;
}
